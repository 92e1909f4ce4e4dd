import { button, h, uniqueId } from "../../../../widgets/src/dom.js";
import { type Choices, select } from "../../../../widgets/src/fields.js";
import type { PreprocessData } from "../../../model/preprocess.js";
import type { PreprocessPreset } from "../../../model/preprocess-presets.js";
import { probability } from "../../../render/format.js";
import type { DeclaredFacts, ModelFacts, Settings, Task } from "../messages.js";
import { portText } from "./model-facts.js";

const BY_ITSELF: Choices[number] = ["", "found out"];
const ACTIVATIONS: Choices = [
  BY_ITSELF,
  ["none", "logits"],
  ["softmax", "probabilities that add up to 1"],
  ["sigmoid", "probabilities, each for itself"],
];
const TASKS: Choices = [
  ["classification", "classifies whole pictures"],
  ["detection", "finds objects"],
  ["segmentation", "finds areas"],
];
const DEVICES: Choices = [
  ["cpu", "processor"],
  ["webgpu", "graphics card"],
];
const INTERPOLATIONS: readonly NonNullable<PreprocessData["interpolation"]>[] = [
  "bilinear",
  "bicubic",
  "nearest",
  "lanczos",
  "linear",
  "opencv-linear",
  "opencv-area",
];
/** Share of the scaled picture that is kept where its centre is cut out, as ImageNet's models are evaluated. */
const CROP = 0.875;

/** Least confidence of objects that are listed. */
const CONFIDENCES: Choices = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75].map((value) => [String(value), probability(value)]);

type NumberName = "size" | "mean" | "std" | "scale";

/** Of a model that was refused, what its file declares. */
type FormFacts = DeclaredFacts & Partial<ModelFacts>;

interface FormOptions {
  onapply(settings: Settings): void;
  /** Another layer to look at; undefined for the best one. */
  onlayer(layer: string | undefined): void;
}

/** What was assumed of a model, loaded or refused, to be changed: each control shows what holds now. */
export class SettingsForm {
  readonly el: HTMLElement;
  readonly #facts: FormFacts;
  /** What the visitor said so far. */
  #settings: Settings;
  /** How pictures are prepared, as far as that is known. */
  readonly #prepared: PreprocessData;
  readonly #data: { -readonly [Name in keyof PreprocessData]: PreprocessData[Name] };
  readonly #wrong = h("p", { class: "sl-error", role: "alert", hidden: true });
  readonly #numbers = new Map<NumberName, HTMLInputElement>();

  constructor(facts: FormFacts, settings: Settings, layer: string | undefined, options: FormOptions) {
    this.#facts = facts;
    this.#settings = settings;
    const { preprocess = typeof settings.preprocess === "object" ? settings.preprocess : {} } = facts;
    this.#prepared = preprocess;
    this.#data = { ...preprocess };
    const apply = (event: Event) => {
      event.preventDefault();
      const complete = this.#complete();
      if (complete) options.onapply(complete);
    };
    this.el = h(
      "form",
      { class: "pg-form", onsubmit: apply },
      this.#group("How a picture is prepared", this.#preset(options), ...this.#preparing()),
      this.#group("What its answer means", this.#task(options), ...this.#answer(layer, options)),
      "gpu" in navigator && this.#group("Where it runs", this.#device(options)),
      this.#wrong,
      h(
        "div",
        { class: "sl-buttons" },
        h("button", { type: "submit", class: "sl-button" }, "Look again with these"),
        button("As found", () => options.onapply({})),
      ),
    );
  }

  #group(title: string, ...fields: HTMLElement[]): HTMLElement {
    return h("fieldset", { class: "pg-group" }, h("legend", {}, title), ...fields);
  }

  #preset({ onapply }: FormOptions): HTMLElement {
    const { preprocess } = this.#settings;
    return select({
      label: "As this tool does",
      choices: [["", typeof preprocess === "object" ? "as said below" : "as found"], ...named(this.#facts.presets)],
      value: typeof preprocess === "string" ? preprocess : "",
      onchange: (value) =>
        onapply({ ...this.#settings, preprocess: (value || undefined) as PreprocessPreset | undefined }),
    }).el;
  }

  #preparing(): HTMLElement[] {
    const { input } = this.#facts;
    const prepared = this.#prepared;
    const colours = input?.channels === 1 ? (["grey"] as const) : (["rgb", "bgr"] as const);
    return [
      ...this.#size(),
      this.#numberField("mean", "Mean of each channel", [0]),
      this.#numberField("std", "Standard deviation of each channel", [1]),
      this.#numberField("scale", "A byte is multiplied with", [1 / 255]),
      this.#choice("Order of the colours", named(colours), prepared.channels ?? colours[0], (value) => {
        this.#data.channels = value as PreprocessData["channels"];
      }),
      this.#choice("Brought to its size", this.#resizes(), sizing(prepared), (value) => {
        if (value !== "own") this.#data.resize = value as PreprocessData["resize"];
      }),
      this.#choice("Interpolation", named(INTERPOLATIONS), prepared.interpolation ?? "bilinear", (value) => {
        this.#data.interpolation = value as PreprocessData["interpolation"];
      }),
      this.#choice(
        "Layout",
        [
          ["nchw", "channels, rows, columns"],
          ["nhwc", "rows, columns, channels"],
        ],
        prepared.layout ?? input?.layout ?? "nchw",
        (value) => {
          this.#data.layout = value as PreprocessData["layout"];
        },
      ),
    ];
  }

  /** Height and width, where the file leaves them open. */
  #size(): HTMLElement[] {
    const { inputs, input } = this.#facts;
    const port = inputs.find(({ name }) => name === input?.name);
    if (!input || !port?.dims.slice(1).some((dim) => dim < 0)) return [];
    return [this.#numberField("size", "Height and width in pixels", [input.height, input.width])];
  }

  /** Ways to bring a picture to the model's size, the present one among them. */
  #resizes(): Choices {
    const { input } = this.#facts;
    const side = input && Math.max(input.width, input.height);
    const shortest = side === undefined ? [] : [...new Set([side, Math.floor(side / CROP)])];
    const known: Choices = [
      ["exact", "squeezed"],
      ...shortest.map((pixels) => [`shortest-${pixels}`, `short side ${pixels}, middle cut out`] as const),
      ["aspect-crop", "largest middle part"],
      ["letterbox", "fitted in, the rest filled"],
    ];
    const now = sizing(this.#prepared);
    return known.some(([value]) => value === now) ? known : [[now, now === "own" ? "as found" : now], ...known];
  }

  #task({ onapply }: FormOptions): HTMLElement {
    const { task = this.#settings.task } = this.#facts;
    return this.#choice("What it does", task ? TASKS : [BY_ITSELF, ...TASKS], task ?? "", (value) =>
      onapply({ ...this.#settings, task: (value || undefined) as Task | undefined }),
    );
  }

  #answer(layer: string | undefined, options: FormOptions): HTMLElement[] {
    const { task = this.#settings.task } = this.#facts;
    const labels = this.#labels(options);
    return task === "detection"
      ? [labels, ...this.#boxes()]
      : [labels, ...this.#scores(), ...this.#layer(layer, options)];
  }

  #boxes(): HTMLElement[] {
    const { decoders, confidence } = this.#facts;
    const { postprocess = "" } = this.#settings;
    return [
      this.#choice("Its outputs are read as", [BY_ITSELF, ...named(decoders)], postprocess, (value) => {
        const postprocess = (value || undefined) as Settings["postprocess"];
        this.#settings = { ...this.#settings, task: "detection", postprocess };
      }),
      this.#choice("Objects are listed from a confidence of", CONFIDENCES, String(confidence), (value) => {
        this.#settings = { ...this.#settings, confidence: Number(value) };
      }),
    ];
  }

  #scores(): HTMLElement[] {
    const { outputs, activation } = this.#facts;
    const found = ACTIVATIONS.find(([value]) => value === activation)?.[1];
    const list: Choices = outputs.map((port) => [port.name, portText(port)]);
    return [
      this.#choice("Output with the scores", [BY_ITSELF, ...list], this.#settings.output ?? "", (value) => {
        this.#settings = { ...this.#settings, output: value || undefined };
      }),
      this.#choice(
        "The scores are",
        activation ? [["", `found out: ${found}`], ...ACTIVATIONS.slice(1)] : ACTIVATIONS,
        this.#settings.activation ?? "",
        (value) => {
          this.#settings = { ...this.#settings, activation: (value || undefined) as Settings["activation"] };
        },
      ),
    ];
  }

  #labels({ onapply }: FormOptions): HTMLElement {
    const { labels = [], classes = 0 } = this.#facts;
    const id = uniqueId("labels");
    const input = h("input", { id, type: "file", accept: ".txt,.json,.csv,text/plain,application/json", hidden: true });
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      if (file) onapply({ ...this.#settings, labels: file });
    });
    const more = classes > labels.length ? ` … (${classes.toLocaleString("en")})` : "";
    return h(
      "div",
      { class: "sl-field" },
      h("span", { class: "sl-label" }, this.#settings.labels ? `Labels of ${this.#settings.labels.name}` : "Labels"),
      h("span", { class: "pg-labels" }, labels.join(", ") + more),
      h(
        "div",
        { class: "sl-buttons" },
        button("A file of labels…", () => input.click()),
        input,
      ),
    );
  }

  /** None where the model was refused. */
  #layer(layer: string | undefined, { onlayer }: FormOptions): HTMLElement[] {
    const { layers } = this.#facts;
    if (!layers) return [];
    const choices: Choices = layers.map(({ name, shape }) => [name, `${name} [${shape.join(", ")}]`]);
    return [
      this.#choice(
        "Layer that methods look at",
        choices.length > 0 ? choices : [["", "none was found"]],
        layer ?? layers[0]?.name ?? "",
        (value) => onlayer(value === layers[0]?.name ? undefined : value),
      ),
    ];
  }

  #device({ onapply }: FormOptions): HTMLElement {
    const { device = this.#settings.device ?? "cpu" } = this.#facts;
    return this.#choice("Device", DEVICES, device, (value) =>
      onapply({ ...this.#settings, device: value as ModelFacts["device"] }),
    );
  }

  #choice(label: string, choices: Choices, value: string, onchange: (value: string) => void): HTMLElement {
    return select({ label, choices, value, onchange }).el;
  }

  #numberField(name: NumberName, label: string, standard: readonly number[]): HTMLElement {
    const id = uniqueId(name);
    const value = [this.#prepared[name] ?? standard].flat();
    const input = h("input", {
      id,
      class: "sl-select",
      value: value.map(shortNumber).join(", "),
      inputmode: "decimal",
    });
    this.#numbers.set(name, input);
    return h("div", { class: "sl-field" }, h("label", { for: id }, label), input);
  }

  /** All that the visitor said, or undefined where it cannot be read. */
  #complete(): Settings | undefined {
    this.#wrong.hidden = true;
    for (const [name, input] of this.#numbers) {
      if (input.value === input.defaultValue) continue;
      const numbers = input.value
        .split(/[,;\s]+/)
        .filter(Boolean)
        .map(numberOf);
      if (numbers.length === 0 || !numbers.every(Number.isFinite)) {
        this.#wrong.textContent = `'${input.value}' is not what ${name} can be: a number, or several with commas between.`;
        this.#wrong.hidden = false;
        return undefined;
      }
      // the model's own checks say what does not fit
      Object.assign(this.#data, { [name]: numbers.length === 1 ? numbers[0] : numbers });
    }
    const asFound = JSON.stringify(this.#data) === JSON.stringify(this.#prepared);
    return asFound ? this.#settings : { ...this.#settings, preprocess: { ...this.#data } };
  }
}

const named = (values: readonly string[]): Choices => values.map((value) => [value, value]);

const sizing = ({ resize = "exact" }: PreprocessData): string => (typeof resize === "string" ? resize : "own");

/** "1/255" as well as "0.5". */
function numberOf(text: string): number {
  const [above, below = "1", ...rest] = text.split("/");
  return rest.length > 0 || above === "" ? Number.NaN : Number(above) / Number(below);
}

function shortNumber(value: number): string {
  return value === 1 / 255 ? "1/255" : String(Number(value.toPrecision(6)));
}

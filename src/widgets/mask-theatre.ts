import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, optionNames } from "../core/options.js";
import { type Progress, unwatched } from "../core/work.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { planOf } from "../explain/plan.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { Preset } from "../methods/method.js";
import { find } from "../methods/registry.js";
import { checkClassifier } from "../model/check-model.js";
import type { Model, Target } from "../model/types.js";
import { type Fill, fillable, fillTensor } from "../perturb/fill.js";
import { plural } from "../render/format.js";
import { fallbackSentence } from "./fallback.js";
import { PacedProgress } from "./paced-progress.js";
import { askedClass, pictureAnswer } from "./picture-answer.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { TheatreRecorder } from "./theatre-recorder.js";
import { messageOf } from "./trait-values.js";
import type { MaskTheatreTraits } from "./traits/index.js";
import { encodePng, viewPicture, wireMap } from "./wire-explanation.js";

/** The methods that tell of every step. */
export type TheatreMethod =
  | "rise"
  | "gp-rise"
  | "occlusion"
  | "recipro-cam"
  | "vit-recipro-cam"
  | "integrated-gradients";

const METHODS: readonly TheatreMethod[] = [
  "rise",
  "gp-rise",
  "occlusion",
  "recipro-cam",
  "vit-recipro-cam",
  "integrated-gradients",
];

/** Options of {@link MaskTheatre}. */
export interface MaskTheatreOptions extends HoldOption {
  /** The method that is shown at work; default "rise". */
  method?: TheatreMethod;
  /** How much it spends; default "speed". */
  preset?: Preset;
  /** The class that is asked about; the predicted one when absent. */
  target?: Target;
  /** Default 0. */
  seed?: number;
}

const OPTIONS = optionNames<MaskTheatreOptions>({ method: true, preset: true, target: true, seed: true, hold: true });

/** Pixels of the longer side of the picture on the page. */
const PICTURE = { least: 256, most: 448 };

/** Maps in between are made after so many steps, and after twice as many each time. */
const FIRST_PREVIEW = 16;

/** What a run begins with. */
const NOTHING = {
  progress: null,
  plans: [],
  total: 0,
  steps: [],
  previews: [],
  final: [],
  notes: [],
  message: "",
} satisfies Partial<MaskTheatreTraits>;

/**
 * How a map comes about, step by step and at speed: what the model is shown, what it answers, what that adds to the map.
 * Play, one step, a hundred times as fast; pause and guess where the map will settle. What was recorded plays on in a saved
 * page, and the map at the end is that of `explain`, bit for bit.
 * @example
 * const theatre = new MaskTheatre(model, "cat.png", { method: "rise" });
 * await theatre.run();                                           // or by Play, in its view
 * theatre.explanation?.map();
 * @throws SightlineError `not-supported` for a method that tells nothing of its steps or cannot explain the model,
 *   `unknown-label`, `index-out-of-range`, `unknown-option`, `bad-config`
 */
export class MaskTheatre extends SightlineWidget<MaskTheatreTraits> {
  /** The method that is shown at work. */
  declare readonly method: TheatreMethod;
  readonly #model: Model;
  readonly #image: ImageSource;
  readonly #preset: Preset;
  readonly #seed: number;
  /** Index of the class, where the reader chose one. */
  readonly #chosen: number | undefined;
  readonly #fills: readonly Fill[];
  #prepared: PreparedImage | undefined;
  #explanation: Explanation | undefined;
  #work: AbortController | undefined;

  constructor(model: Model, image: ImageSource, options: MaskTheatreOptions = {}) {
    checkClassifier(model);
    checkKeys(options, OPTIONS, "MaskTheatre");
    const { method = "rise", preset = "speed", target, seed = 0, hold } = options;
    checkOptions("MaskTheatre", { seed: { whole: true } }, { seed });
    const { signed, view } = find(method);
    if (!METHODS.includes(method)) {
      throw new SightlineError("not-supported", `MaskTheatre cannot show ${method} at work: it tells of no steps`, {
        received: method,
        expected: METHODS.join(", "),
      });
    }
    const plan = planOf(model, { method, preset });
    super({
      kind: "mask-theatre",
      hold,
      defaults: {
        method,
        picture: new Uint8Array(0),
        hidden: [],
        target: { index: 0, label: "", probability: 0 },
        look: { signed, defaults: { type: view, config: model.viewConfig } },
        state: "ready",
        ...NOTHING,
      },
    });
    this.#model = model;
    this.#image = image;
    this.#preset = preset;
    this.#seed = seed;
    this.#chosen = target === undefined ? undefined : model.classIndex(target);
    const { fill, baseline } = plan.options as { fill?: Fill; baseline?: Fill | readonly Fill[] };
    this.#fills = [baseline ?? fill ?? []].flat();
    this.onMessage((content) => this.#fromRequest(content));
  }

  /** What the run came to; undefined before its end. */
  get explanation(): Explanation | undefined {
    return this.#explanation;
  }

  /** How far the run is, in a sentence. */
  describe(): string {
    const { label } = this.get("target");
    const made = this.get("steps").reduce((sum, { count }) => sum + count, 0);
    const [method, total] = [this.get("method"), this.get("total")];
    if (this.#explanation) return `${method} for ${label}: ${plural(total, "step")}, and the map that they came to`;
    return made > 0 ? `${method} for ${label}: ${made} of ${plural(total, "step")}` : `${method} has not run yet`;
  }

  /**
   * Runs the method and writes down its steps.
   * @returns false when it was cancelled
   * @throws SightlineError what `explain` throws
   */
  async run(): Promise<boolean> {
    if (this.get("state") === "working" || this.get("state") === "done") return this.get("state") === "done";
    this.#work = new AbortController();
    const { signal } = this.#work;
    const paced = new PacedProgress(({ done, total, left }) => {
      if (!signal.aborted) this.set("progress", { done, total, left });
    });
    this.set({ ...NOTHING, state: "working", progress: { done: 0, total: 0, left: null } });
    try {
      const explanation = await unwatched(() => this.#explain(signal, paced.add));
      signal.throwIfAborted();
      this.#explanation = explanation;
      const recorded = this.get("steps").reduce((sum, { count }) => sum + count, 0);
      const missing = this.get("total") - recorded;
      this.set({
        state: "done",
        final: [pictureAnswer(explanation)],
        notes: [
          ...explanation.provenance.notes,
          ...(missing > 0 ? [`the first ${recorded} steps were kept to be shown one by one; the map is of all`] : []),
        ],
        progress: null,
      });
      return true;
    } catch (error) {
      if (this.#work?.signal === signal) this.set({ state: "stopped", progress: null });
      if (signal.aborted) return false;
      throw error;
    } finally {
      paced.stop();
    }
  }

  override async prepare(): Promise<void> {
    if (this.get("picture").length > 0) return;
    const prepared = await this.#prepare();
    const empty = fillable(this.#model, prepared.tensor);
    const hidden = this.#fills.map(async (fill) =>
      encodePng(await this.#model.pixels({ ...prepared, tensor: fillTensor(empty, fill) })),
    );
    this.set({
      picture: await viewPicture({ pixels: prepared.picture.image, view: prepared.view }, PICTURE),
      hidden: await Promise.all(hidden),
      target: await askedClass(this.#model, prepared, this.#chosen),
    });
  }

  protected override fallback(): Promise<MimeBundle> {
    return fallbackSentence(this.describe(), this.#explanation);
  }

  protected override dispose(): void {
    this.#work?.abort();
  }

  async #prepare(): Promise<PreparedImage> {
    this.#prepared ??= await this.#model.prepare(this.#image);
    return this.#prepared;
  }

  async #explain(signal: AbortSignal, paced: (progress: Progress) => void): Promise<Explanation> {
    await this.prepare();
    const { index } = this.get("target");
    const recorder = new TheatreRecorder(this.#model, index, Math.max(1, this.#fills.length));
    let preview = FIRST_PREVIEW;
    const onProgress = (progress: Progress) => {
      paced(progress);
      if (signal.aborted || !progress.step) return;
      const recorded = recorder.take(progress.step());
      this.set("total", progress.total);
      if (recorded) {
        if (this.get("plans").length === 0) this.set("plans", [recorded.plan]);
        this.extend("steps", recorded.steps);
      }
      const isSum = recorded?.plan.kind !== "masks" || recorded.plan.sum !== "none";
      if (isSum || recorder.count < preview || recorder.count >= progress.total) return;
      preview = 2 * recorder.count;
      void this.#addPreview(progress, recorder.count, signal);
    };
    return explain(this.#model, await this.#prepare(), {
      method: this.get("method"),
      preset: this.#preset,
      targets: index,
      seed: this.#seed,
      signal,
      onProgress,
    } as never);
  }

  /** Sends the map so far of a method whose map is no sum of its steps. */
  async #addPreview(progress: Progress, after: number, signal: AbortSignal): Promise<void> {
    try {
      const [map] = (await progress.maps?.()) ?? [];
      if (map && !signal.aborted) {
        this.extend("previews", { after, map: wireMap({ ...map, signed: this.get("look").signed }) });
      }
    } catch {
      // a map so far is a favour: the run itself says what goes wrong with it
    }
  }

  /** Stops at once, so that it can be run again before the method has noticed. */
  #cancel(): void {
    if (this.get("state") !== "working") return;
    this.#work?.abort();
    this.#work = undefined;
    this.set({ state: "stopped", progress: null });
  }

  async #fromRequest(content: unknown): Promise<void> {
    try {
      if (typeOf(content) === "run") await this.run();
      if (typeOf(content) === "cancel") this.#cancel();
    } catch (error) {
      this.set("message", messageOf(error));
      if (!(error instanceof SightlineError)) throw error;
    }
  }
}

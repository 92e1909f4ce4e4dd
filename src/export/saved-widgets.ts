import { fromHex, toBase64 } from "../core/bytes.js";
import { widgetsRange } from "../core/version.js";
import { parseOutputs } from "../kernel/notebook-file.js";
import { VIEW_MIME } from "../widgets/mime.js";
import type { SavedWidget } from "../widgets/state.js";
import { isSafeValue } from "./safe-style.js";
import { REFERENCE, type Untangled, untangle } from "./untangle-widgets.js";

const BASE = "@jupyter-widgets/base";
const CONTROLS = "@jupyter-widgets/controls";
const OUTPUT = "@jupyter-widgets/output";
const SIGHTLINE = "sightline";

const CONTROL_MODELS = [
  ...["Accordion", "Audio", "BoundedFloatText", "BoundedIntText", "Box", "Button", "ButtonStyle", "Checkbox"],
  ...["CheckboxStyle", "ColorPicker", "ColorsInput", "Combobox", "DatePicker", "Datetime", "DescriptionStyle"],
  ...["DirectionalLink", "Dropdown", "FileUpload", "FloatLogSlider", "FloatProgress", "FloatRangeSlider"],
  ...["FloatSlider", "FloatText", "FloatsInput", "GridBox", "HBox", "HTML", "HTMLMath", "HTMLMathStyle", "HTMLStyle"],
  ...["Image", "IntProgress", "IntRangeSlider", "IntSlider", "IntText", "IntsInput", "Label", "LabelStyle", "Link"],
  ...["NaiveDatetime", "Password", "Play", "ProgressStyle", "RadioButtons", "Select", "SelectMultiple"],
  ...["SelectionRangeSlider", "SelectionSlider", "SliderStyle", "Stack", "Tab", "TagsInput", "Text", "TextStyle"],
  ...["Textarea", "Time", "ToggleButton", "ToggleButtonStyle", "ToggleButtons", "ToggleButtonsStyle", "VBox", "Valid"],
  "Video",
];

/** The models that a page can make, by their modules; all others are named and left out. */
const MODELS: Readonly<Record<string, ReadonlySet<string>>> = {
  [BASE]: new Set(["LayoutModel", "StyleModel"]),
  [CONTROLS]: new Set(CONTROL_MODELS.map((name) => `${name}Model`)),
  [OUTPUT]: new Set(["OutputModel"]),
  [SIGHTLINE]: new Set(["SightlineModel"]),
};
const VERSIONS: Readonly<Record<string, string>> = { [BASE]: "2.0.0", [CONTROLS]: "2.0.0", [OUTPUT]: "1.0.0" };

/** Makes HTML of a notebook safe. */
export type CleanHtml = (html: string) => Promise<string>;

type Traits = Readonly<Record<string, unknown>>;

/**
 * Widgets that a notebook stores, as a page may make them: no code, no network, no foreign HTML.
 * @param cleanHtml makes HTML of the notebook safe
 */
export async function safeWidgets(state: unknown, cleanHtml: CleanHtml): Promise<Untangled> {
  const widgets = new Map<string, SavedWidget>();
  for (const [id, widget] of Object.entries(record(record(state).state))) {
    if (id !== "__proto__") widgets.set(id, await safeWidget(widget, cleanHtml));
  }
  return untangle(widgets, placeholder);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

async function safeWidget(value: unknown, cleanHtml: CleanHtml): Promise<SavedWidget> {
  const { model_module, model_name, state, buffers } = record(value);
  const traits = record(state);
  // the same views in another wrapper, whose code is in the notebook: the page has its own
  const wrapped = model_module === "anywidget" && String(traits._anywidget_id).startsWith("sightline.");
  const module = wrapped ? SIGHTLINE : String(model_module);
  const model = wrapped ? "SightlineModel" : String(model_name);
  if (!Object.hasOwn(MODELS, module) || !MODELS[module].has(model)) return placeholder(`${model} of ${module}`);
  const safe = await safeTraits(model, traits, cleanHtml);
  return {
    model_name: model,
    model_module: module,
    model_module_version: VERSIONS[module] ?? widgetsRange,
    state: safe,
    buffers: safeBuffers(buffers, safe),
  };
}

function placeholder(what: string): SavedWidget {
  return {
    model_name: "LabelModel",
    model_module: CONTROLS,
    model_module_version: VERSIONS[CONTROLS],
    state: { value: `A widget that saved pages do not show: ${what.slice(0, 200)}` },
  };
}

/** Says where models and views come from, which is the page's own business, or holds code. */
const DROPPED = new Set(["_model_module", "_model_name", "_view_module", "_esm", "_css", "_anywidget_id", "__proto__"]);

async function safeTraits(model: string, traits: Traits, cleanHtml: CleanHtml): Promise<Traits> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(traits)) {
    if (DROPPED.has(name) || name.endsWith("_module_version")) continue;
    if (name === "_dom_classes") continue;
    if (name === "_view_name" && value !== null && !/^\w+View$/.test(String(value))) continue;
    safe[name] = value;
  }
  if (model === "LayoutModel" || model.endsWith("StyleModel")) return safeLooks(safe);
  if (/^(HTML|HTMLMath)Model$/.test(model)) safe.value = await cleanHtml(String(safe.value ?? ""));
  if (model === "OutputModel") return { layout: safe.layout, outputs: safe.outputs, views: viewsIn(safe.outputs) };
  if (safe.description_allow_html) safe.description = await cleanHtml(String(safe.description ?? ""));
  for (const icon of ["icon", "icons"]) if (icon in safe) safe[icon] = safeIcons(safe[icon]);
  // a picture, sound or film that lies elsewhere
  if (/^(Image|Audio|Video)Model$/.test(model) && safe.format === "url") return { layout: safe.layout };
  return safe;
}

/** The widgets that outputs show, as an Output widget holds them. */
function viewsIn(outputs: unknown): string[] {
  return parseOutputs(outputs).flatMap((output) => {
    const id = "data" in output ? record(record(output.data)[VIEW_MIME]).model_id : undefined;
    return typeof id === "string" ? [REFERENCE + id] : [];
  });
}

/** Values of CSS properties, without those that ask the network. */
function safeLooks(traits: Traits): Traits {
  return Object.fromEntries(
    Object.entries(traits).filter(([name, value]) => typeof value !== "string" || isSafeValue(name, value)),
  );
}

/** Names of icons become classes of elements. */
function safeIcons(icons: unknown): unknown {
  if (Array.isArray(icons)) return icons.map(safeIcons);
  return /^[\w-]*$/.test(String(icons)) ? icons : "";
}

/** Binary values whose places are there. */
function safeBuffers(buffers: unknown, state: Traits): SavedWidget["buffers"] {
  if (!Array.isArray(buffers)) return [];
  return buffers.flatMap((buffer) => {
    const { path, encoding, data } = record(buffer);
    if (!Array.isArray(path) || !hasPlace(state, path) || typeof data !== "string") return [];
    if (encoding === "hex" && /^([\da-f]{2})*$/i.test(data)) {
      return [{ path, encoding: "base64", data: toBase64(fromHex(data)) }];
    }
    return encoding === "base64" && /^[\w+/]*={0,2}$/.test(data) ? [{ path, encoding, data }] : [];
  });
}

/** Whether a value can be put at a path: each step but the last leads to an object or list of its own. */
function hasPlace(state: Traits, path: readonly unknown[]): boolean {
  let at: unknown = state;
  for (const step of path) {
    if (typeof at !== "object" || at === null || (typeof step !== "string" && !Number.isSafeInteger(step)))
      return false;
    if (step === "__proto__" || (Array.isArray(at) && typeof step !== "number")) return false;
    at = Object.hasOwn(at, step as string) ? (at as Traits)[step as string] : undefined;
  }
  return path.length > 0;
}

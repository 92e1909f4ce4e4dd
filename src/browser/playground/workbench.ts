import { classroom } from "../../classroom/index.js";
import { isSightlineError, SightlineError } from "../../core/errors.js";
import { boxesAsClasses } from "../../explain/boxes-as-classes.js";
import { explain } from "../../explain/explain.js";
import type { Explanation } from "../../explain/explanation.js";
import { regionAsClasses } from "../../explain/segmentation.js";
import type { MethodName } from "../../methods/registry.js";
import { DECODERS } from "../../model/detection/decoders.js";
import { LISTED_FROM } from "../../model/detection/decoding.js";
import { isDetector } from "../../model/detection/is-detector.js";
import type { DetectionModel } from "../../model/detection/types.js";
import { type FileFacts, readFileFacts } from "../../model/file-facts.js";
import { PREPROCESS_PRESETS } from "../../model/preprocess-presets.js";
import { isSegmenter } from "../../model/segmentation/is-segmenter.js";
import { largestArea } from "../../model/segmentation/segmentation.js";
import type { SegmentationModel } from "../../model/segmentation/types.js";
import type { Model } from "../../model/types.js";
import { siteUrl } from "../../platform/browser/site.js";
import { CurveScrubber } from "../../widgets/curve-scrubber.js";
import { SaliencyViewer } from "../../widgets/saliency-viewer.js";
import { TestTheClaim } from "../../widgets/test-the-claim.js";
import type { Widget } from "../../widgets/widget.js";
import { viewPicture } from "../../widgets/wire-explanation.js";
import { classroomModel, classroomPicture } from "./examples.js";
import type {
  Answer,
  DeclaredFacts,
  LoadRequest,
  Look,
  LookRequest,
  ModelChoice,
  ModelFacts,
  Opened,
  PictureChoice,
  Said,
  Settings,
} from "./messages.js";
import { type OpenedModel, type OpenOptions, openModel } from "./open-model.js";
import type { PageFiles } from "./page-files.js";

interface LookControl {
  readonly signal: AbortSignal;
  readonly onSaid: (said: Said) => void;
}

interface Looked {
  readonly predictions: readonly Answer[];
  readonly explanation: Explanation;
  /** What explains by other methods. */
  readonly model: Model | DetectionModel;
}

const TOP = 5;
/** Labels that the page shows. */
const MOST_LABELS = 12;
/** Classes that a segmentation model sees and the page lists. */
const MOST_AREAS = 8;
/** Bounds of the longer side of the picture that regions are drawn on. */
const DRAWN_ON = { least: 192, most: 512 };

/** One model, one picture, and the widgets that show what the one sees in the other. */
export class Workbench {
  readonly #files: PageFiles;
  #model: OpenedModel | undefined;
  #picture = "";
  /** What claims and curves ask about the picture: the model, a detector's view of it, or a region of it. */
  #asked: Model | undefined;
  /** Of a segmentation model, what is asked about a region; it has a thread of its own. */
  #region: Model | undefined;
  #viewer: SaliencyViewer | undefined;
  readonly #shown = new Map<string, Widget<never>>();

  constructor(files: PageFiles) {
    this.#files = files;
  }

  /** Loads a model in place of the one before. */
  async load({ model: choice, settings }: LoadRequest, signal: AbortSignal): Promise<ModelFacts> {
    await this.#closeAll();
    await this.#model?.close();
    this.#model = undefined;
    this.#model = await openModel(await this.#source(choice), this.#options(choice, settings, signal));
    return factsOf(this.#model, settings);
  }

  /** What the file of a model declares that was refused; undefined where nothing can be read of it. */
  async declared({ model: choice, settings }: LoadRequest, signal: AbortSignal): Promise<DeclaredFacts | undefined> {
    try {
      const { preprocess } = this.#options(choice, settings, signal);
      const facts = await readFileFacts(await this.#source(choice), { preprocess, signal });
      return { ...facts, ...waysOf(settings) };
    } catch (error) {
      if (isSightlineError(error)) return undefined;
      throw error;
    }
  }

  /** Asks the model about a picture and explains what it says. */
  async look({ picture, ...request }: LookRequest, signal: AbortSignal, onSaid: LookControl["onSaid"]): Promise<Look> {
    const model = this.#loaded();
    await this.#closeAll();
    [this.#picture] = this.#files.put("picture", [await pictureFile(picture)]);
    const control = { signal, onSaid };
    const made = isDetector(model)
      ? await this.#lookForObjects(model, request.target ?? 0, control)
      : isSegmenter(model)
        ? await this.#lookAtRegion(model, request, control)
        : await this.#lookAtClasses(model, request, control);
    const supported = made.model.info.methods.filter(({ supported }) => supported);
    const methods = supported.map(({ method }) => method as MethodName);
    this.#viewer = new SaliencyViewer(made.explanation, { model: made.model, methods });
    return { predictions: made.predictions, ...(await this.#show("viewer", this.#viewer)) };
  }

  async #lookAtClasses(
    model: Model,
    { target, targetLayer }: Omit<LookRequest, "picture">,
    { signal, onSaid }: LookControl,
  ): Promise<Looked> {
    this.#asked = model;
    const predictions = await topOf(model, this.#picture, signal);
    onSaid({ predictions });
    const targets = target ?? predictions[0].index;
    const explanation = await explain(model, this.#picture, { preset: "speed", targets, targetLayer, signal });
    return { predictions, explanation, model };
  }

  /** Of a segmentation model: the classes that it sees, or what it says of a rectangle. */
  async #lookAtRegion(
    model: SegmentationModel,
    { target, targetLayer, region }: Omit<LookRequest, "picture">,
    { signal, onSaid }: LookControl,
  ): Promise<Looked> {
    const { picture, view: seen } = await model.prepare(this.#picture, { signal });
    const view = (await viewPicture({ pixels: picture.image, view: seen }, DRAWN_ON)) as Uint8Array<ArrayBuffer>;
    // the page may draw a region though nothing is seen
    if (region === undefined) onSaid({ predictions: [], view });
    const segmentation = region === undefined ? await model.segment(this.#picture, { signal }) : undefined;
    const label = target ?? (segmentation ? largestArea(segmentation).index : 0);
    this.#region = await regionAsClasses(model, this.#picture, { label, region }, { signal });
    this.#asked = this.#region;
    const areas = segmentation?.areas.slice(0, MOST_AREAS);
    const predictions = areas ?? (await topOf(this.#region, this.#picture, signal, model.labels));
    onSaid({ predictions, view });
    const targets = target ?? predictions[0].index;
    const explanation = await explain(this.#region, this.#picture, { preset: "speed", targets, targetLayer, signal });
    return { predictions, explanation, model: this.#region };
  }

  async #lookForObjects(model: DetectionModel, box: number, { signal, onSaid }: LookControl): Promise<Looked> {
    this.#asked = await boxesAsClasses(model, this.#picture, { signal });
    const objects = await model.detect(this.#picture, { signal });
    const predictions = objects.map(({ index, name, score, box }) => ({ index, label: name, probability: score, box }));
    onSaid({ predictions });
    const explanation = await explain(model, this.#picture, { preset: "speed", targets: { box }, signal });
    return { predictions, explanation, model };
  }

  /** The widget that tests claims about what the visitor looks at. */
  async claim(): Promise<Opened> {
    const explanation = this.#explanation();
    const { index: target } = (this.#viewer as SaliencyViewer).shownTarget;
    return this.#show("claim", new TestTheClaim(this.#answering(), this.#picture, explanation, { target }));
  }

  /** The widget that measures what the visitor looks at. */
  async measure(): Promise<Opened> {
    const explanation = this.#explanation();
    const { index: target } = (this.#viewer as SaliencyViewer).shownTarget;
    return this.#show("measure", new CurveScrubber(this.#answering(), this.#picture, explanation, { target }));
  }

  #options(choice: ModelChoice, settings: Settings, signal: AbortSignal): OpenOptions {
    const { labels, ...said } = settings;
    return {
      ...(choice.kind === "classroom" && classroom.models[choice.name].options),
      ...said,
      ...(labels && { labels: this.#files.put("labels", [labels])[0] }),
      signal,
    };
  }

  #loaded(): OpenedModel {
    if (this.#model) return this.#model;
    throw new SightlineError("model-closed", "no model is loaded", { next: "choose a model first" });
  }

  #answering(): Model {
    if (this.#asked) return this.#asked;
    throw new SightlineError("bad-config", "nothing was asked of the model yet", { next: "choose a picture first" });
  }

  #explanation(): Explanation {
    if (this.#viewer) return this.#viewer.explanation;
    throw new SightlineError("bad-config", "nothing was explained yet", { next: "choose a picture first" });
  }

  /** A catalog name, or the path of a file. */
  async #source(choice: ModelChoice): Promise<string> {
    if (choice.kind === "catalog") return choice.name;
    const paths = this.#files.put("model", await modelFiles(choice));
    return paths.find((path) => /\.(onnx|xml)$/i.test(path)) ?? paths[0];
  }

  /** Shows a widget in place of the one that had its part before. */
  async #show(
    part: string,
    widget: { open(holder: unknown): Promise<void>; modelId: string; close(): void },
  ): Promise<Opened> {
    this.#shown.get(part)?.close();
    this.#shown.set(part, widget as unknown as Widget<never>);
    await widget.open(this);
    return { widget: widget.modelId };
  }

  async #closeAll(): Promise<void> {
    for (const widget of this.#shown.values()) widget.close();
    this.#shown.clear();
    this.#viewer = undefined;
    this.#asked = undefined;
    const region = this.#region;
    this.#region = undefined;
    await region?.close();
  }
}

/** The classes that a model names first. @param labels what they are called; as the model says when absent */
async function topOf(
  model: Model,
  picture: string,
  signal: AbortSignal,
  labels: readonly string[] = model.labels,
): Promise<Answer[]> {
  const found = await model.predict(picture, { top: TOP, signal });
  return found.map(({ index, probability }) => ({ index, label: labels[index], probability }));
}

async function modelFiles(choice: Exclude<ModelChoice, { kind: "catalog" }>): Promise<readonly File[]> {
  if (choice.kind === "files") return choice.files;
  return [choice.kind === "site" ? await siteFile(choice.path) : await classroomModel(choice.name)];
}

async function pictureFile(choice: PictureChoice): Promise<File> {
  if (choice.kind === "file") return choice.file;
  return choice.kind === "site" ? siteFile(choice.path) : classroomPicture(choice.label, choice.watermark);
}

/** A file of the site, by its path below it. @throws SightlineError `download-failed` */
async function siteFile(path: string): Promise<File> {
  const answer = await fetch(siteUrl(`../${path.split("/").map(encodeURIComponent).join("/")}`));
  if (answer.ok) return new File([await answer.blob()], path.slice(path.lastIndexOf("/") + 1));
  throw new SightlineError("download-failed", `the site has no file '${path}' (it answered ${answer.status})`, {
    received: path,
    next: "choose a file of your own",
  });
}

/** Ways to read a model, of which a visitor may choose. */
function waysOf({ confidence = LISTED_FROM }: Settings): Omit<DeclaredFacts, keyof FileFacts> {
  return { presets: PREPROCESS_PRESETS, decoders: DECODERS.map(({ name }) => name), confidence };
}

function factsOf(model: OpenedModel, settings: Settings): ModelFacts {
  const { name, format, sha256, classes, input, inputs, outputs, opset, operators } = model.info;
  const { activation, probabilities, device, methods, notes, preprocess = {} } = model.info;
  return {
    task: model.info.task ?? "classification",
    name,
    format,
    sha256,
    classes,
    input,
    opset,
    operators: Object.values(operators).reduce((sum, count) => sum + count, 0),
    activation,
    probabilities,
    device,
    labels: isSegmenter(model) ? model.labels : model.labels.slice(0, MOST_LABELS),
    inputs,
    outputs,
    layers: model.layers().map(({ name, shape }) => ({ name, shape })),
    methods,
    preprocess,
    ...waysOf(settings),
    notes,
  };
}

import type { Rect } from "../../image/types.js";
import type { DecoderName } from "../../model/detection/decoders.js";
import type { FileFacts } from "../../model/file-facts.js";
import type { PreprocessData } from "../../model/preprocess.js";
import type { PreprocessPreset } from "../../model/preprocess-presets.js";
import type { LayerInfo, MethodSupport, ModelInfo, Prediction } from "../../model/types.js";
import type { BufferPath } from "../../widgets/buffers.js";
import type { ClassLabel } from "./examples.js";

/** A model to load. */
export type ModelChoice =
  | { readonly kind: "classroom"; readonly name: "honest" | "shortcut" | "binary" }
  | { readonly kind: "catalog"; readonly name: string }
  /** A file of the site, by its path below it. */
  | { readonly kind: "site"; readonly path: string }
  /** A model, and the files of weights beside it where it has any. */
  | { readonly kind: "files"; readonly files: readonly File[] };

/** A picture to look at. */
export type PictureChoice =
  | { readonly kind: "classroom"; readonly label: ClassLabel; readonly watermark: boolean }
  /** A file of the site, by its path below it. */
  | { readonly kind: "site"; readonly path: string }
  | { readonly kind: "file"; readonly file: File };

/** What the page asks of the engine, and what comes back. */
export interface Questions {
  load: { ask: LoadRequest; answer: ModelFacts };
  look: { ask: LookRequest; answer: Look };
  /** Opens the widget that tests claims about the explanation that is shown. */
  claim: { ask: Record<string, never>; answer: Opened };
  /** Opens the widget that measures the explanation that is shown. */
  measure: { ask: Record<string, never>; answer: Opened };
}

export interface LoadRequest {
  readonly model: ModelChoice;
  readonly settings: Settings;
}

/** What a visitor says of a model where the file does not, or is not believed. */
export interface Settings {
  readonly preprocess?: PreprocessPreset | PreprocessData;
  readonly labels?: File;
  /** Name of the output that holds the scores. */
  readonly output?: string;
  /** What the scores are. */
  readonly activation?: ModelInfo["activation"];
  readonly device?: ModelInfo["device"];
  /** Whether it classifies whole pictures, finds objects on them, or says of every place what is there; found out when absent. */
  readonly task?: Task;
  /** How a detector's outputs become boxes; found out when absent. */
  readonly postprocess?: DecoderName;
  /** A detector's objects below are not listed, 0…1; the library's choice when absent. */
  readonly confidence?: number;
}

export type Task = "classification" | "detection" | "segmentation";

/** What a model's file declares, and in which ways it can be read. */
export interface DeclaredFacts extends FileFacts {
  readonly presets: readonly PreprocessPreset[];
  /** Ways to read a detector's outputs. */
  readonly decoders: readonly string[];
  /** A detector's objects below are not listed, 0…1. */
  readonly confidence: number;
}

/** What is found in a model, and what was assumed of it. */
export interface ModelFacts
  extends DeclaredFacts,
    Pick<
      ModelInfo,
      "name" | "format" | "sha256" | "classes" | "input" | "opset" | "activation" | "probabilities" | "device"
    > {
  readonly input: ModelInfo["input"];
  readonly task: Task;
  readonly operators: number;
  /** The first labels; all of a segmentation model, each of which can be asked about anywhere. */
  readonly labels: readonly string[];
  /** Layers that methods can look at, best first. */
  readonly layers: readonly Pick<LayerInfo, "name" | "shape">[];
  readonly methods: readonly MethodSupport[];
  /** How pictures are prepared. */
  readonly preprocess: PreprocessData;
  readonly notes: readonly string[];
}

export interface LookRequest {
  readonly picture: PictureChoice;
  /** The class to explain, or the object by its place in the list; the first when absent. */
  readonly target?: number;
  /** The layer that methods look at; the best one when absent. */
  readonly targetLayer?: string;
  /** Where a segmentation model is asked, in fractions of its view; where it sees the class when absent. */
  readonly region?: Rect;
}

/** A class, an object, or a class with the part of the picture in which it is seen, 0…1. */
export interface Answer extends Prediction {
  readonly share?: number;
}

/** What the model says of a picture, classes or objects, and the widget that shows why. */
export interface Look extends Opened {
  readonly predictions: readonly Answer[];
}

/** A widget that was opened, by its id. */
export interface Opened {
  readonly widget: string;
}

export type Question = { [Kind in keyof Questions]: { kind: Kind; ask: Questions[Kind]["ask"] } }[keyof Questions];

/** What the page tells the engine. */
export type ToEngine =
  | { readonly kind: "start"; readonly site: string }
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  | { readonly kind: "cancel"; readonly id: number }
  | {
      readonly kind: "widget";
      readonly widget: string;
      readonly data: unknown;
      readonly buffers: readonly ArrayBuffer[];
    };

/** What the model says before the explanation is there. */
export interface Said {
  readonly predictions: readonly Answer[];
  /** The picture as a segmentation model sees it, a PNG file: regions are drawn on it. */
  readonly view?: Uint8Array<ArrayBuffer>;
}

/** A state of a widget, its binary values beside it. */
export interface WidgetState {
  readonly state: Record<string, unknown>;
  readonly paths: readonly BufferPath[];
  readonly buffers: readonly Uint8Array[];
}

/** What the engine tells the page. */
export type FromEngine =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly failure: Failure }
  /** What the model says, before the explanation is there. */
  | ({ readonly kind: "predictions"; readonly id: number } & Said)
  | ({ readonly kind: "open"; readonly widget: string } & WidgetState)
  | ({ readonly kind: "update"; readonly widget: string } & WidgetState)
  | {
      readonly kind: "custom";
      readonly widget: string;
      readonly content: unknown;
      readonly buffers: readonly Uint8Array[];
    }
  | { readonly kind: "close"; readonly widget: string }
  /** How long work goes on: a widget that shows it, or nothing any more. */
  | { readonly kind: "work"; readonly widget?: string };

/** An error as it travels. */
export interface Failure {
  /** Of a tagged error; absent where something else went wrong. */
  readonly code?: string;
  /** The whole sentence: what came, what was expected, what to do. */
  readonly message: string;
  /** Of a model that was not loaded, where its file can be read: settings may help. */
  readonly refused?: DeclaredFacts;
}

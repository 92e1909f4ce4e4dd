import type { WireExplanation, WireMap } from "./explanation.js";
import type { WireProgress } from "./progress.js";

/** A class to learn, and its pictures. */
export interface TrainerClass {
  readonly label: string;
  readonly count: number;
  /** The first pictures, small JPEGs. */
  readonly thumbnails: readonly Uint8Array[];
}

/** What a trained model looks at in one picture of a class. */
export interface TrainerLook {
  readonly label: string;
  readonly explanation: WireExplanation;
  /** The test of what the map claims. */
  readonly claim: string;
  /** Probability of the class before and after the map's strongest part is hidden, 0…1. */
  readonly before: number;
  readonly after: number;
}

/** What came of a training. */
export interface TrainerResult {
  readonly labels: readonly string[];
  /** Share of held-out pictures that were answered right, its 95 % interval, and how many they are. */
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
  readonly heldOut: number;
  /** [truth][answer] */
  readonly confusion: readonly (readonly number[])[];
  readonly looks: readonly TrainerLook[];
  /** Shortcuts, a sentence each. */
  readonly findings: readonly string[];
  readonly notes: readonly string[];
}

/** Traits of {@link Trainer}, which its browser half reads. */
export interface TrainerTraits {
  /** What is trained: "a new head on efficientnet-lite0". */
  subject: string;
  /** Whether there is a curve, and a training that can go on where it stopped. */
  fromScratch: boolean;
  /** The classes to learn, each with its pictures. */
  groups: readonly TrainerClass[];
  /** How the training stands. */
  state: "ready" | "working" | "stopped" | "done" | "failed";
  /** What is being done, while working. */
  phase: string;
  /** How far the phase is, while it is under way. */
  progress: WireProgress | null;
  /** Loss of each batch so far, float32. */
  losses: Uint8Array;
  /** Share of each batch that was answered right, float32. */
  accuracies: Uint8Array;
  /** How many batches there will be. */
  steps: number;
  /** The picture whose map moves, as PNG. */
  watched: Uint8Array;
  /** The map of `watched`, which changes as the model learns; none at first. */
  preview: readonly WireMap[];
  /** One, or none yet. */
  results: readonly TrainerResult[];
  /** What went wrong, or was left out. */
  message: string;
}

/** The reader adds encoded pictures to a class, which is made where it is new; the pictures travel beside this. */
export interface AddPicturesRequest {
  readonly type: "add-pictures";
  readonly label: string;
}

/** The reader takes away a class with its pictures. */
export interface RemoveClassRequest {
  readonly type: "remove-class";
  readonly label: string;
}

/** The reader starts a training, or goes on where one stopped. */
export interface TrainRequest {
  readonly type: "train";
}

import type { ViewDefaults } from "../../explanation/parts.js";
import type { Prediction } from "../../model/types.js";
import type { WireMap } from "./explanation.js";
import type { PictureAnswer } from "./picture-answer.js";
import type { WireProgress } from "./progress.js";

/** What one step of a run is, the same for all of them. */
export type TheatrePlan = MaskPlan | CellPlan | PathPlan;

/** Parts of the picture are hidden, and the model is asked again. */
export interface MaskPlan {
  readonly kind: "masks";
  readonly columns: number;
  readonly rows: number;
  /** Size of every mask, in shares of the picture. */
  readonly width: number;
  readonly height: number;
  readonly soft: boolean;
  readonly around: 0 | 1;
  /** How answers become a map: `weights` (rise), `drops` (occlusion), or not by a sum (gp-rise). */
  readonly sum: "weights" | "drops" | "none";
}

/** One cell of a feature layer is kept at a time. */
export interface CellPlan {
  readonly kind: "cells";
  readonly columns: number;
  readonly rows: number;
  readonly layer: string;
  /** Of each cell, the classes that it votes for most. */
  readonly votes: readonly (readonly Prediction[])[];
}

/** Gradients are taken on the way from a baseline to the picture. */
export interface PathPlan {
  readonly kind: "path";
  /** Size of what each gradient adds, see {@link WireSteps}. */
  readonly columns: number;
  readonly rows: number;
}

/** Steps that follow each other, as they travel. Numbers are float32, little-endian. */
export interface WireSteps {
  readonly from: number;
  readonly count: number;
  /** Probability of the class at each step. */
  readonly answers: Uint8Array;
  /** `masks`: cells as bits, lowest first, a whole number of bytes for each mask. */
  readonly cells?: Uint8Array;
  /** `masks`: left and top of each mask, in shares of the picture. */
  readonly places?: Uint8Array;
  /** `path`: position 0…1 and number of the baseline of each step. */
  readonly way?: Uint8Array;
  /** `cells`: raw score of each; `path`: what each gradient adds to the map, rows · columns means of its pixels. */
  readonly values?: Uint8Array;
}

/** A map in between, of a method whose map is no sum. */
export interface WirePreview {
  /** After how many steps. */
  readonly after: number;
  readonly map: WireMap;
}

/** Traits of {@link MaskTheatre}, which its browser half reads. */
export interface MaskTheatreTraits {
  /** Name of the method that is shown at work. */
  method: string;
  /** The picture as the model sees it, as PNG. */
  picture: Uint8Array;
  /** What is shown where a mask hides, or where the way begins, as PNG; one for each baseline. */
  hidden: readonly Uint8Array[];
  /** The class that is asked about, and its probability on the whole picture. */
  target: Prediction;
  /** How maps of this method are drawn. */
  look: { readonly signed: boolean; readonly defaults: ViewDefaults };
  /** How the run stands. */
  state: "ready" | "working" | "done" | "stopped";
  /** How far the run is, while it goes on. */
  progress: WireProgress | null;
  /** One, or none before the first step. */
  plans: readonly TheatrePlan[];
  /** How many steps the run has. */
  total: number;
  /** What was done so far, in order. */
  steps: readonly WireSteps[];
  /** Maps in between, of gp-rise, whose map is no sum of its steps. */
  previews: readonly WirePreview[];
  /** The map that the run came to, in full: one, or none yet. */
  final: readonly PictureAnswer[];
  /** Sentences for the reader. */
  notes: readonly string[];
  /** What went wrong, in a sentence; empty where nothing did. */
  message: string;
}

/** The reader wants the method to run. */
export interface RunRequest {
  readonly type: "run";
}

import type { Prediction } from "../../model/types.js";
import type { Fill } from "../../perturb/fill.js";
import type { WireExplanation } from "./explanation.js";
import type { WireProgress } from "./progress.js";

/** A guess after Reveal: where it was and what hiding it did. */
export interface WireGuess {
  readonly name: string;
  /** The region as runs (see `regionFromRuns`). */
  readonly runs: readonly number[];
  /** Probability of the class with the region hidden. */
  readonly after: number;
  /** 1 for the guess whose region matters most; equal ones share a rank. */
  readonly rank: number;
}

/** What Reveal shows. Nothing of it is sent before. */
export interface GuessAnswer {
  readonly explanation: WireExplanation;
  /** The model's input with all of it hidden, as PNG. */
  readonly hidden: Uint8Array;
  /** In the order of their ranks. */
  readonly guesses: readonly WireGuess[];
  /** Where the map is largest, and the probability with that hidden. */
  readonly map: { readonly runs: readonly number[]; readonly after: number };
  /** Probabilities with random regions hidden: the guesses' own shapes, moved elsewhere. */
  readonly random: readonly number[];
  /** The same for the shape of the map's region. */
  readonly randomOfMap: readonly number[];
  readonly sentence: string;
  readonly notes: readonly string[];
}

/** Traits of {@link GuessFirst}, which its browser half reads. */
export interface GuessFirstTraits {
  /** The picture as the model sees it, as PNG. */
  picture: Uint8Array;
  /** Width and height of the model's input: the grid of all regions. */
  grid: readonly [width: number, height: number];
  /** Share of the picture that each guess covers, 0…1. */
  share: number;
  /** How many pixels of the grid that is. */
  cells: number;
  /** The class that is asked about, and its probability on the whole picture. */
  target: Prediction;
  /** What is shown where the picture is hidden. */
  fill: Fill;
  /** Who has guessed; where they guessed stays with the kernel until Reveal. */
  names: readonly string[];
  /** Whether guesses are taken, their regions are being hidden, or the answer is shown. */
  state: "guessing" | "working" | "revealed";
  /** How far the passes are, while they run. */
  progress: WireProgress | null;
  /** Empty until Reveal. */
  answer: readonly GuessAnswer[];
  /** What went wrong, in a sentence; empty where nothing did. */
  message: string;
}

/** Somebody guesses: the region travels beside this as a mask, a byte for each pixel of the grid. */
export interface GuessRequest {
  readonly type: "guess";
  readonly name: string;
}

/** A guess is taken back. */
export interface ForgetRequest {
  readonly type: "forget";
  readonly index: number;
  /** As this page has it: its list may be older than the kernel's. */
  readonly name: string;
}

/** The reader wants to see what was held back. */
export interface RevealRequest {
  readonly type: "reveal";
}

/** All guesses are dropped and the answer is hidden again. */
export interface RestartRequest {
  readonly type: "restart";
}

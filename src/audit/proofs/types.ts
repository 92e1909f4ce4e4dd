import type { Progress } from "../../core/work.js";
import type { Measured } from "../findings.js";

/** A picture's region tested by the model: what hiding it does, beside regions of the same shape elsewhere. */
export interface PictureClaim {
  /** Path of the picture. */
  readonly path: string;
  /** What was found, in a sentence. */
  readonly sentence: string;
  /** The class that was watched, and its probability before and after. */
  readonly target: string;
  readonly before: number;
  readonly after: number;
  /** Share of the view that was hidden, 0…1, and by what. */
  readonly area: number;
  readonly fill: string;
  /** Change of the probability for each region elsewhere, after − before. */
  readonly controls: readonly number[];
  /** Chance that a region elsewhere does as much, see `ClaimTest`. */
  readonly chance: number;
  readonly seed: number;
  /** Both pictures, and some of the regions elsewhere: PNG. */
  readonly figure: Uint8Array;
}

/** One side of a proof: what an edit does to the answers, and the same edit where it should do nothing. */
export interface ProofSide {
  /** Pictures that were edited. */
  readonly pictures: number;
  readonly effect: Measured;
  readonly null: Measured;
  /** A second null, where there is one: the same property of pictures that should make no difference. */
  readonly control: Measured | null;
}

/** A picture before and after an edit, with its answers. */
export interface ProofExample {
  readonly side: "added" | "removed";
  readonly path: string;
  /** What the model says of each: "cup .93". */
  readonly before: string;
  readonly after: string;
  /** PNG, at the model's resolution, one beside the other. */
  readonly picture: Uint8Array;
}

/** A shortcut tested again on its pictures, both ways. */
export interface ShortcutProof {
  /** The finding's kind and class. */
  readonly kind: string;
  readonly label: string;
  /** What was found, in sentences. */
  readonly sentence: string;
  /** The region of its pictures pasted on pictures of other classes, or their property given to them. */
  readonly added: ProofSide;
  /** The region of its pictures covered, or their property taken away; null where it cannot be, as a blur cannot. */
  readonly removed: ProofSide | null;
  readonly examples: readonly ProofExample[];
  readonly seed: number;
  readonly notes: readonly string[];
}

/** How long tests are told of, and ended. */
export interface ProofControl {
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

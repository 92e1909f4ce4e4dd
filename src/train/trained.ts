import type { Finding } from "../audit/findings.js";
import type { ShortcutReport } from "../audit/shortcuts/types.js";
import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import type { TrainedModel } from "../model/types.js";
import type { ClassLook, Examination } from "./examination.js";
import type { Examples } from "./examples.js";
import type { HeldOut } from "./scores.js";
import { trainedHtml, trainedText } from "./trained-html.js";

/** What every trained model comes with. */
export interface TrainedParts {
  readonly model: TrainedModel;
  readonly examples: Examples;
  readonly heldOut: HeldOut;
  readonly examination: Examination;
  readonly seed: number;
  readonly notes: readonly string[];
}

/**
 * A model that was trained here, how good it is on pictures that it was not trained on, what it looks at, and whether that
 * is a shortcut. Shows itself as the last value of a cell.
 */
export class Trained implements Displayable, AsyncDisposable, HeldOut {
  readonly model: TrainedModel;
  readonly labels: readonly string[];
  /** Pictures of each class. */
  readonly counts: readonly number[];
  readonly accuracy: number;
  readonly interval: readonly [low: number, high: number];
  readonly confusion: readonly (readonly number[])[];
  /** For each class one picture with its map, and the test of what the map claims. */
  readonly looks: readonly ClassLook[];
  /** Shortcuts that the model takes on its own training pictures; empty where none was flagged. */
  readonly findings: readonly Finding[];
  readonly shortcuts: ShortcutReport;
  readonly seed: number;
  /** What was assumed, and what should be known about the pictures. */
  readonly notes: readonly string[];

  /** @internal */
  constructor({ model, examples, heldOut, examination, seed, notes }: TrainedParts) {
    this.model = model;
    this.labels = examples.labels;
    this.counts = examples.counts;
    this.accuracy = heldOut.accuracy;
    this.interval = heldOut.interval;
    this.confusion = heldOut.confusion;
    this.looks = examination.looks;
    this.findings = examination.findings;
    this.shortcuts = examination.shortcuts;
    this.seed = seed;
    this.notes = notes;
  }

  /** Ends the model's thread. */
  close(): Promise<void> {
    return this.model.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return { "text/html": await trainedHtml(this), "text/plain": trainedText(this).join("\n") };
  }
}

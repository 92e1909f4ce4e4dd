/**
 * What the two halves of each widget share: the kernel half (`src/widgets/`) sets these traits and answers these
 * requests, the browser half (`widgets/src/`) shows and sends them. Types only, so that either half can import them.
 */

import type { AskRequest, AuditExplorerTraits } from "./audit-explorer.js";
import type { CaseBrowserTraits, ReopenRequest } from "./case-browser.js";
import type { CurveScrubberTraits, MeasureRequest } from "./curve-scrubber.js";
import type { ForgetRequest, GuessFirstTraits, GuessRequest, RestartRequest, RevealRequest } from "./guess-first.js";
import type { MaskTheatreTraits, RunRequest } from "./mask-theatre.js";
import type { MethodComparisonTraits } from "./method-comparison.js";
import type { ClearRequest, PictureBoothTraits, PictureRequest } from "./picture-booth.js";
import type { PositiveNegativePanesTraits } from "./positive-negative-panes.js";
import type { CancelRequest } from "./progress.js";
import type { ProgressPanelTraits } from "./progress-panel.js";
import type { ExplainRequest, ReloadRequest, SaliencyViewerTraits } from "./saliency-viewer.js";
import type { CountRequest, CutRequest, PaintRequest, PlaceRequest, StickerLabTraits } from "./sticker-lab.js";
import type { TestRequest, TestTheClaimTraits } from "./test-the-claim.js";
import type { AddPicturesRequest, RemoveClassRequest, TrainerTraits, TrainRequest } from "./trainer.js";

export type * from "./audit-explorer.js";
export type * from "./case-browser.js";
export type * from "./curve-scrubber.js";
export type * from "./explanation.js";
export type * from "./guess-first.js";
export type * from "./mask-theatre.js";
export type * from "./method-comparison.js";
export type * from "./picture-answer.js";
export type * from "./picture-booth.js";
export type * from "./positive-negative-panes.js";
export type * from "./progress.js";
export type * from "./progress-panel.js";
export type * from "./saliency-viewer.js";
export type * from "./sticker-lab.js";
export type * from "./test-the-claim.js";
export type * from "./trainer.js";

/** The traits of each of our widgets, by the name of its view (the trait `kind`). */
export interface TraitsByKind {
  "audit-explorer": AuditExplorerTraits;
  "saliency-viewer": SaliencyViewerTraits;
  "positive-negative-panes": PositiveNegativePanesTraits;
  "test-the-claim": TestTheClaimTraits;
  "case-browser": CaseBrowserTraits;
  "method-comparison": MethodComparisonTraits;
  "progress-panel": ProgressPanelTraits;
  "curve-scrubber": CurveScrubberTraits;
  trainer: TrainerTraits;
  "guess-first": GuessFirstTraits;
  "sticker-lab": StickerLabTraits;
  "mask-theatre": MaskTheatreTraits;
  "picture-booth": PictureBoothTraits;
}

export type WidgetKind = keyof TraitsByKind;

/** A view asks for the charts' code where its page has none; it comes back beside a message of the same type. */
export interface ChartsRequest {
  readonly type: "charts";
}

/** The kernel half has appended to a trait that is a list: the item alone, its binary values beside the message. */
export interface AppendedMessage {
  readonly type: "appended";
  readonly trait: string;
  /** Where the item stands in the list. */
  readonly index: number;
  readonly state: { readonly item: unknown };
  /** Where each binary value belongs in `state`. */
  readonly buffer_paths: readonly (readonly (string | number)[])[];
}

/** Everything that a view can ask of its kernel half. */
export type WidgetRequest =
  | AddPicturesRequest
  | AskRequest
  | RemoveClassRequest
  | TrainRequest
  | CancelRequest
  | ChartsRequest
  | ClearRequest
  | CountRequest
  | CutRequest
  | ExplainRequest
  | ForgetRequest
  | GuessRequest
  | MeasureRequest
  | PaintRequest
  | PictureRequest
  | PlaceRequest
  | ReloadRequest
  | ReopenRequest
  | RestartRequest
  | RevealRequest
  | RunRequest
  | TestRequest;

import "../core/host-types.js";

/**
 * Widgets for notebooks: Jupyter's standard controls with typed traits, and ours for looking at explanations.
 * @packageDocumentation
 */

export { useWidgetHost, type WidgetComm, type WidgetHost, type WidgetMessage } from "../core/widget-host.js";
export type { WorkWatcher } from "../core/work.js";
export type { ClaimTest } from "../evaluate/claim-test.js";
export type { Region } from "../evaluate/region.js";
export type { AuditSummary, SummaryFinding, SummaryTable } from "../explorer/summary.js";
export { AuditExplorer, type AuditExplorerOptions } from "./audit-explorer.js";
export type { BufferPath, SplitState } from "./buffers.js";
export { CaseBrowser, type CaseBrowserOptions, type CaseItem } from "./case-browser.js";
export * from "./controls/index.js";
export { CurveScrubber, type CurveScrubberOptions } from "./curve-scrubber.js";
export { GuessFirst, type GuessFirstOptions, type GuessResult } from "./guess-first.js";
export { FrontEndLink, type LinkTraits, link } from "./link.js";
export { MaskTheatre, type MaskTheatreOptions, type TheatreMethod } from "./mask-theatre.js";
export { MethodComparison, type MethodComparisonOptions } from "./method-comparison.js";
export { STATE_MIME } from "./mime.js";
export { openWidgets } from "./open-widgets.js";
export { type CellOutput, Output, type OutputTraits } from "./output.js";
export { PictureBooth, type PictureBoothOptions } from "./picture-booth.js";
export { PositiveNegativePanes, type PositiveNegativePanesOptions } from "./positive-negative-panes.js";
export { ProgressPanel } from "./progress-panel.js";
export { regionFromRuns, regionToRuns } from "./region-runs.js";
export { SaliencyViewer, type SaliencyViewerOptions } from "./saliency-viewer.js";
export { type BoxPlace, shareRegion } from "./share-region.js";
export {
  type HeldTraits,
  type HoldOption,
  type SightlineSpec,
  type SightlineTraits,
  SightlineWidget,
  useWrapper,
  type Wrapper,
} from "./sightline-widget.js";
export { type SavedState, type SavedWidget, savedState } from "./state.js";
export { StickerLab, type StickerLabOptions } from "./sticker-lab.js";
export { TestTheClaim, type TestTheClaimOptions } from "./test-the-claim.js";
export { Trainer, type TrainerOptions } from "./trainer.js";
export type {
  AuditExplorerTraits,
  CaseBrowserTraits,
  CellPlan,
  ClaimAction,
  ClaimEntry,
  CurveScrubberTraits,
  GuessAnswer,
  GuessFirstTraits,
  MaskPlan,
  MaskTheatreTraits,
  MethodComparisonTraits,
  PathPlan,
  PictureAnswer,
  PictureBoothTraits,
  PositiveNegativePanesTraits,
  ProgressPanelTraits,
  SaliencyViewerTraits,
  StickerAnswer,
  StickerCount,
  StickerCounts,
  StickerLabTraits,
  TestTheClaimTraits,
  TheatrePlan,
  TrainerClass,
  TrainerLook,
  TrainerResult,
  TrainerTraits,
  ViewerWork,
  WireCase,
  WireCurve,
  WireExplanation,
  WireGuess,
  WireMap,
  WirePanel,
  WirePreview,
  WireProgress,
  WireSteps,
  WireSticker,
} from "./traits/index.js";
export { Widget } from "./widget.js";
export type {
  MessageListener,
  TraitListener,
  TraitProblem,
  WidgetClasses,
  WidgetLike,
  WidgetSpec,
} from "./widget-types.js";

/**
 * Widgets for notebooks: Jupyter's standard controls with typed traits, and ours for looking at explanations.
 * @packageDocumentation
 */

export { useWidgetHost, type WidgetComm, type WidgetHost, type WidgetMessage } from "../core/widget-host.js";
export type { ClaimTest, Region } from "../evaluate/claim.js";
export { CaseBrowser, type CaseBrowserOptions, type CaseBrowserTraits, type CaseItem } from "./case-browser.js";
export * from "./controls.js";
export {
  CurveScrubber,
  type CurveScrubberOptions,
  type CurveScrubberTraits,
  type WireCurve,
} from "./curve-scrubber.js";
export { FrontEndLink, link } from "./link.js";
export { MethodComparison, type MethodComparisonOptions, type MethodComparisonTraits } from "./method-comparison.js";
export { STATE_MIME } from "./mime.js";
export { type CellOutput, Output, type OutputTraits } from "./output.js";
export {
  PositiveNegativePanes,
  type PositiveNegativePanesOptions,
  type PositiveNegativePanesTraits,
} from "./positive-negative-panes.js";
export { ProgressPanel, type ProgressPanelTraits } from "./progress-panel.js";
export { regionFromRuns, regionToRuns } from "./region-runs.js";
export { SaliencyViewer, type SaliencyViewerOptions, type SaliencyViewerTraits } from "./saliency-viewer.js";
export { SightlineWidget, useWrapper, type Wrapper } from "./sightline-widget.js";
export { type SavedState, type SavedWidget, savedState } from "./state.js";
export {
  type ClaimAction,
  type ClaimEntry,
  TestTheClaim,
  type TestTheClaimOptions,
  type TestTheClaimTraits,
} from "./test-the-claim.js";
export {
  type MessageListener,
  openWidgets,
  type TraitListener,
  Widget,
  type WidgetClasses,
  type WidgetLike,
  type WidgetSpec,
} from "./widget.js";
export type { WireExplanation, WireMap } from "./wire-explanation.js";

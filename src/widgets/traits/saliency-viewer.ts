import type { VisualizationConfig } from "../../render/config.js";
import type { WireExplanation, WireMap } from "./explanation.js";
import type { WireProgress } from "./progress.js";

/** Traits of {@link SaliencyViewer}, which its browser half reads. */
export interface SaliencyViewerTraits {
  /** The explanations to choose from; the kernel appends those that the reader asks for. */
  explanations: readonly WireExplanation[];
  /** How many explanations the kernel has: a page that has fewer has missed some. */
  count: number;
  /** Which explanation is shown. */
  shown: number;
  /** Which of its targets is shown. */
  target: number;
  /** What the reader chose, as `visualize` takes it. */
  config: VisualizationConfig;
  /** Methods that the kernel explains with when the reader asks for them. */
  methods: readonly string[];
  /** The request that is under way, if one is. */
  work: ViewerWork | null;
  /** Why the last request failed. */
  message: string;
}

/** An explanation that is being made, and what it has found so far. */
export interface ViewerWork extends WireProgress {
  readonly method: string;
  /** The maps so far, one for each target of the explanation that is shown; none at first. */
  readonly maps: readonly WireMap[];
}

/** A view has fewer explanations than the kernel: it asks for all of them again. */
export interface ReloadRequest {
  readonly type: "reload";
}

/** The reader asks for one of `methods`. */
export interface ExplainRequest {
  readonly type: "explain";
  readonly method: string;
}

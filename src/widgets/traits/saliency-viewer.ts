import type { VisualizationConfig } from "../../render/config.js";
import type { WireExplanation } from "./explanation.js";

/** Traits of {@link SaliencyViewer}, which its browser half reads. */
export interface SaliencyViewerTraits {
  explanations: readonly WireExplanation[];
  /** Which explanation is shown. */
  shown: number;
  /** Which of its targets is shown. */
  target: number;
  /** What the reader chose, as `visualize` takes it. */
  config: VisualizationConfig;
  /** Methods that the kernel explains with when the reader asks for them. */
  methods: readonly string[];
  /** That such a request is under way, or why it failed. */
  message: string;
}

/** The reader asks for one of `methods`. */
export interface ExplainRequest {
  readonly type: "explain";
  readonly method: string;
}

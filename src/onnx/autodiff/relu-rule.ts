import { wordsOf } from "../../core/options.js";

/** Which rule ReLU-like gates follow on the way back. */
export type ReluRule = "gradient" | "guided" | "deconvolution";

export const RELU_RULES = wordsOf<ReluRule>({ gradient: true, guided: true, deconvolution: true });

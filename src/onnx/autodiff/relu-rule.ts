/** Which rule ReLU-like gates follow on the way back. */
export type ReluRule = "gradient" | "guided" | "deconvolution";

export { type DecodeOptions, decodeImage } from "./decode.js";
export { type Fit, fitImage, viewOf } from "./geometry.js";
export { INTERPOLATIONS, type Interpolation } from "./resample.js";
export type { ImageSource, Picture, PreparedImage, RawImage, Rect } from "./types.js";

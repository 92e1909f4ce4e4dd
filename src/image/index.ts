export { type DecodeOptions, decodeImage } from "./decode.js";
export { type Fit, fitImage, INTERPOLATIONS, type Interpolation, viewOf } from "./geometry.js";
export type { ImageSource, Picture, PreparedImage, RawImage, Rect } from "./types.js";

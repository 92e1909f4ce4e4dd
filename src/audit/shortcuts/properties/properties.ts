import { blur, jpegQuality, size } from "./detail.js";
import { brightness, colourCast } from "./light.js";
import type { Property } from "./property.js";
import { background, frame } from "./surroundings.js";
import { texture } from "./texture.js";

/** All that is looked for, the simplest first. */
export const PROPERTIES: readonly Property[] = [
  brightness,
  colourCast,
  blur,
  jpegQuality,
  size,
  frame,
  background,
  texture,
];

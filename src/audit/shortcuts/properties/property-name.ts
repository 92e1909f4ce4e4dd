/** What whole pictures can have in common, without a place. */
export type PropertyName =
  | "brightness"
  | "colour cast"
  | "blur"
  | "JPEG quality"
  | "size"
  | "frame"
  | "background"
  | "texture";

/** How values by channel and place lie in memory; for tokens a number of them may stand before the first place. */
export interface PixelLayout {
  readonly layout: "nchw" | "nhwc" | "tokens";
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Tokens (class, registers) before the first place. */
  readonly offset?: number;
}

/** Index of a channel's value at a place (row by row from the top left) in a tensor of batch 1. */
export function pixelIndex(geometry: PixelLayout): (channel: number, place: number) => number {
  const { layout, channels, height, width, offset = 0 } = geometry;
  const places = height * width;
  return layout === "nchw"
    ? (channel, place) => channel * places + place
    : (channel, place) => (place + offset) * channels + channel;
}

/** The place of each element of a tensor of batch 1 without extra tokens: the inverse of {@link pixelIndex}. */
export function placeOf({ layout, channels, height, width }: PixelLayout): (element: number) => number {
  const places = height * width;
  return layout === "nchw" ? (element) => element % places : (element) => Math.floor(element / channels);
}

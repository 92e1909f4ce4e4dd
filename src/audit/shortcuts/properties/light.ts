import { lumaOf, meanColour, type Property } from "./property.js";
import type { Pixels, View } from "./view.js";

const colourOf = ({ seen: { data, width, height } }: View) =>
  meanColour(
    data,
    Array.from({ length: width * height }, (_, i) => i),
  );

function shifted({ seen: { data } }: View, by: readonly [number, number, number]): Pixels {
  return Uint8ClampedArray.from(data, (value, i) => value + by[i % 3]);
}

/** Mean luma; all channels are shifted alike. */
export const brightness: Property = {
  name: "brightness",
  measure: (view) => [lumaOf(colourOf(view))],
  edit(view, donor) {
    const by = lumaOf(colourOf(donor)) - lumaOf(colourOf(view));
    return shifted(view, [by, by, by]);
  },
};

/** What the mean of each channel is above the mean luma: channels are shifted, the brightness stays. */
export const colourCast: Property = {
  name: "colour cast",
  measure: (view) => castOf(view),
  edit(view, donor) {
    const [own, other] = [castOf(view), castOf(donor)];
    return shifted(view, [other[0] - own[0], other[1] - own[1], other[2] - own[2]]);
  },
};

function castOf(view: View): [number, number, number] {
  const colour = colourOf(view);
  const luma = lumaOf(colour);
  return [colour[0] - luma, colour[1] - luma, colour[2] - luma];
}

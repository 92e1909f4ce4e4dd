import { lab, rgb } from "d3-color";
import {
  interpolateCividis,
  interpolateGreens,
  interpolateInferno,
  interpolateMagma,
  interpolatePlasma,
  interpolatePuOr,
  interpolateRdBu,
  interpolateReds,
  interpolateTurbo,
  interpolateViridis,
} from "d3-scale-chromatic";

/** Red, green and blue, 0…255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A colour map: `sequential` maps run over 0…1, `diverging` ones over −1 (against) … 0 … 1 (for). */
export interface ColourMap {
  readonly kind: "sequential" | "diverging";
  at(t: number): Rgb;
}

/** Straight lines through CIE L*a*b* between colours at equal distances. */
function through(...colours: readonly string[]): (t: number) => Rgb {
  const stops = colours.map((colour) => lab(colour));
  return (t) => {
    const place = Math.min(1, Math.max(0, t)) * (stops.length - 1);
    const i = Math.min(stops.length - 2, Math.floor(place));
    const [a, b, part] = [stops[i], stops[i + 1], place - i];
    return parse(lab(a.l + part * (b.l - a.l), a.a + part * (b.a - a.a), a.b + part * (b.b - a.b)).formatRgb());
  };
}

function parse(colour: string): Rgb {
  const { r, g, b } = rgb(colour);
  return [r, g, b];
}

const sequential = (at: (t: number) => Rgb): ColourMap => ({ kind: "sequential", at });
const standard = (interpolate: (t: number) => string) => sequential((t) => parse(interpolate(t)));
const diverging = (against: (t: number) => Rgb, pro: (t: number) => Rgb): ColourMap => ({
  kind: "diverging",
  at: (t) => (t < 0 ? against(-t) : pro(t)),
});
const standardDiverging = (interpolate: (t: number) => string): ColourMap => ({
  kind: "diverging",
  at: (t) => parse(interpolate((t + 1) / 2)),
});

/** The rainbow that older papers used; uneven to the eye, so never a default. */
const jet = (t: number): Rgb => {
  const channel = (centre: number) => Math.round(255 * Math.min(1, Math.max(0, 1.5 - Math.abs(4 * t - centre))));
  return [channel(3), channel(2), channel(1)];
};

/** Every colour map by name. `jet` is here for those who ask for it by name. */
export const colourMaps = {
  pink_green: diverging(through("#f9a8d0", "#e0218a", "#b00062"), through("#b2e8a8", "#35b54a", "#00802f")),
  pink_white_green: diverging(through("#ffffff", "#ee6fb4", "#c2006b"), through("#ffffff", "#62c468", "#00802f")),
  red_green: diverging(through("#ffb3a0", "#e8352a", "#b3000f"), through("#b2e8a8", "#35b54a", "#00802f")),
  blue_orange: diverging(through("#a9cdf5", "#2f7fd6", "#0b4ea2"), through("#ffd3a1", "#f5841f", "#c65200")),
  coolwarm: diverging(through("#dddddd", "#8fb1fe", "#3b4cc0"), through("#dddddd", "#f4987a", "#b40426")),
  red_blue: standardDiverging((t) => interpolateRdBu(1 - t)),
  purple_orange: standardDiverging((t) => interpolatePuOr(1 - t)),
  red: standard((t) => interpolateReds(0.25 + 0.6 * t)),
  green: standard((t) => interpolateGreens(0.25 + 0.6 * t)),
  viridis: standard(interpolateViridis),
  magma: standard(interpolateMagma),
  inferno: standard(interpolateInferno),
  plasma: standard(interpolatePlasma),
  cividis: standard(interpolateCividis),
  turbo: standard(interpolateTurbo),
  gray: sequential((t) => [255 * t, 255 * t, 255 * t].map(Math.round) as [number, number, number]),
  jet: sequential(jet),
} as const satisfies Record<string, ColourMap>;

export type ColourMapName = keyof typeof colourMaps;

/** Steps of a lookup table above its zero. */
export const LEVELS = 1024;

/**
 * A colour map sampled for one polarity: `LEVELS + 1` colours for the drawn side and as many for evidence against,
 * three bytes each. A diverging map gives each side its own half; a sequential one shows "both" over its whole length,
 * the middle standing for zero.
 */
export function colourTable(name: ColourMapName, polarity: "positive" | "negative" | "both"): Uint8Array {
  const key = `${name} ${polarity}`;
  let table = tables.get(key);
  if (!table) {
    table = sample(colourMaps[name], polarity);
    tables.set(key, table);
  }
  return table;
}

const tables = new Map<string, Uint8Array>();

function sample(map: ColourMap, polarity: "positive" | "negative" | "both"): Uint8Array {
  const table = new Uint8Array(2 * (LEVELS + 1) * 3);
  const signed = (side: 1 | -1, t: number): Rgb => {
    if (map.kind === "diverging") return map.at(side * t);
    return map.at(polarity === "both" ? (1 + side * t) / 2 : t);
  };
  for (let i = 0; i <= LEVELS; i++) {
    table.set(signed(polarity === "negative" ? -1 : 1, i / LEVELS), i * 3);
    table.set(signed(-1, i / LEVELS), (LEVELS + 1 + i) * 3);
  }
  return table;
}

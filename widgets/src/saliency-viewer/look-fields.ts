import type { ResolvedConfig, VisualizationConfig } from "../../../src/render/config.js";
import { select, slider } from "../fields.js";
import { WORDS } from "../words.js";

/** The controls of how a map is drawn. */
export interface LookFields {
  /** Those that are used most. */
  readonly common: readonly HTMLElement[];
  readonly rare: readonly HTMLElement[];
  set(config: ResolvedConfig): void;
}

/** @param choose takes what the reader changes */
export function lookFields(config: ResolvedConfig, choose: (change: VisualizationConfig) => void): LookFields {
  const overlay = select({
    label: "Under the colours",
    choices: WORDS.overlays,
    value: config.overlay,
    onchange: (value) => choose({ overlay_type: value }),
  });
  const weight = slider({
    label: "Weight of the colours",
    min: 0,
    max: 1,
    step: 0.01,
    value: config.weight,
    text: (value) => `${Math.round(value * 100)} %`,
    oninput: (value) => choose({ overlay_weight: value }),
  });
  const rare = rareFields(config, choose);
  return {
    common: [overlay.el, weight.el],
    rare: rare.all,
    set(now) {
      overlay.set(now.overlay);
      weight.set(now.weight);
      rare.set(now);
    },
  };
}

function rareFields(config: ResolvedConfig, choose: (change: VisualizationConfig) => void) {
  const type = select({
    label: "Draw",
    choices: WORDS.types,
    value: config.type,
    onchange: (value) => choose({ type: value }),
  });
  const polarity = select({
    label: "Evidence",
    choices: WORDS.polarities,
    value: config.polarity,
    onchange: (value) => choose({ polarity: value }),
  });
  const colours = select({
    label: "Colours",
    choices: WORDS.colourMaps,
    value: config.colourMap,
    onchange: (value) => choose({ color_map: value }),
  });
  const resolution = select({
    label: "Resolution",
    choices: WORDS.resolutions,
    value: resolutionOf(config),
    onchange: (value) => choose({ resize: RESIZE[value as keyof typeof RESIZE] }),
  });
  return {
    all: [type.el, polarity.el, colours.el, resolution.el],
    set(now: ResolvedConfig) {
      type.set(now.type);
      polarity.set(now.polarity);
      colours.set(now.colourMap);
      resolution.set(resolutionOf(now));
    },
  };
}

/** What `resize` is for each resolution. */
const RESIZE = { smooth: undefined, cells: false, picture: true } as const;

function resolutionOf({ extent, smooth }: ResolvedConfig): keyof typeof RESIZE {
  if (extent === "picture") return "picture";
  return smooth ? "smooth" : "cells";
}

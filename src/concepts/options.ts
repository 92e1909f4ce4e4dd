import { checkKeys } from "../core/checks.js";
import { BOOLEAN, checkOptions, type Limits, optionNames } from "../core/options.js";
import type { Progress } from "../core/work.js";
import type { Control, Target } from "../model/types.js";

/** Options of {@link concepts} and `bank.refine`. */
export interface ConceptOptions extends Control {
  /** The class whose concepts are looked for; the one that the pictures are given most often when absent. */
  target?: Target;
  /** Name of the layer that is taken apart; the best candidate for a target layer when absent. */
  layer?: string;
  /** How many concepts; default 6. */
  count?: number;
  /** Side of a crop as a share of the input's shorter side; default 0.25. */
  crop?: number;
  /**
   * Look at each crop by itself, enlarged to the size of the input, as CRAFT does; else, the default, at the cells under it when the model sees the whole
   * picture. Enlarged crops suit models that were trained on objects of any size; others find in them what they find in no picture.
   */
  enlarge?: boolean;
  /** Rows of the quasi-Monte-Carlo design for each picture; each costs count + 2 passes of the head, twice. Default 32. */
  designs?: number;
  /** Seed of everything random: starts, designs and random directions. */
  seed?: number;
  /** Called after every picture of each stage. */
  onProgress?(progress: Progress): void;
}

const NAMES = optionNames<ConceptOptions>({
  target: true,
  layer: true,
  count: true,
  crop: true,
  enlarge: true,
  designs: true,
  seed: true,
  signal: true,
  onProgress: true,
});
const LIMITS: Limits<Pick<ConceptOptions, "count" | "crop" | "enlarge" | "designs" | "seed">> = {
  count: { from: 1, to: 100, whole: true },
  crop: { from: 0.05, to: 1 },
  enlarge: BOOLEAN,
  designs: { from: 1, to: 10_000, whole: true },
  seed: { whole: true },
};

/** What is used where nothing is said. */
const DEFAULTS = { count: 6, crop: 0.25, designs: 32, seed: 0 } as const;

/** All options, checked. @param of whose they are @throws SightlineError `unknown-option`, `bad-config` */
export function completeConceptOptions(options: ConceptOptions, of: string) {
  checkKeys(options, NAMES, of);
  checkOptions(of, LIMITS, options);
  const { count = DEFAULTS.count, crop = DEFAULTS.crop, designs = DEFAULTS.designs, seed = DEFAULTS.seed } = options;
  const { target, enlarge = false, signal, onProgress } = options;
  return { target, count, crop, enlarge, designs, seed, signal, onProgress };
}

import { explain } from "../../src/explain/explain.js";
import { methods } from "../../src/methods/registry.js";
import type { Model } from "../../src/model/types.js";
import type { Figure } from "../../src/render/figure.js";
import { visualize } from "../../src/render/visualize.js";

/** The five pictures of the lessons, each another situation in which a reader meets a prediction. */
export const PICTURES = ["camera.png", "coffee.png", "grace_hopper.jpg", "clock_motion.png", "chelsea.png"] as const;

export type Picture = (typeof PICTURES)[number];

/** Why there is no picture of a method that needs another kind of model than the one of the gallery. */
export const WITHOUT_PICTURES: Readonly<Record<string, string>> = {
  "vit-recipro-cam": "It needs patch tokens; the model of these pictures is made of convolutions.",
  "attention-rollout":
    "It needs the attention matrices of a transformer; the model of these pictures is made of convolutions.",
  "transformer-relevance":
    "It needs the attention matrices of a transformer; the model of these pictures is made of convolutions.",
  "d-rise": "It explains the boxes of detectors; the model of these pictures is a classifier.",
  "det-class-probability-map": "It explains the classes of detectors; the model of these pictures is a classifier.",
  embedded: "The maps are those of the method that was built in, recipro-cam or activation-map.",
};

/** A preset that costs more passes than this is not used where a cheaper one is there. */
const MOST_FORWARD = 600;
const MOST_BACKWARD = 100;

export interface GalleryEntry {
  readonly method: string;
  readonly signed: boolean;
  readonly preset: "speed" | "balance";
  /** Forward and backward passes of the preset for one class. */
  readonly passes: number;
}

/** The methods with pictures, in the order of the registry. */
export const entries: readonly GalleryEntry[] = methods()
  .filter(({ name }) => !(name in WITHOUT_PICTURES))
  .map(({ name, signed, presets }) => {
    const { forward, backward } = presets.balance;
    const preset = forward > MOST_FORWARD || backward > MOST_BACKWARD ? "speed" : "balance";
    return { method: name, signed, preset, passes: presets[preset].forward + presets[preset].backward };
  });

/** What a reader types for a picture of the gallery; {@link drawn} runs this very text. */
export function codeOf({ method, signed, preset }: GalleryEntry, picture: Picture): string {
  const options = [`method: "${method}"`, ...(preset === "balance" ? [] : [`preset: "${preset}"`])].join(", ");
  return `const explanation = await explain(model, "notebooks/images/${picture}", { ${options} });
const figure = await visualize(explanation${signed ? ', { polarity: "both" }' : ""});`;
}

/** The figure that an entry's code makes, and what it says of its cost. */
export async function drawn(
  entry: GalleryEntry,
  picture: Picture,
  model: Model,
): Promise<{ figure: Figure; forward: number; backward: number }> {
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const run = new AsyncFunction(
    "explain",
    "visualize",
    "model",
    `${codeOf(entry, picture)}\nreturn { figure, provenance: explanation.provenance };`,
  );
  const { figure, provenance } = await run(explain, visualize, model);
  return { figure, forward: provenance.forwardPasses, backward: provenance.backwardPasses };
}

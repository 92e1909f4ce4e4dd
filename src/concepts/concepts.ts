import { checkList } from "../core/checks.js";
import type { ImageSource } from "../image/types.js";
import { chooseLayer } from "../methods/target-layer.js";
import { checkClassifier } from "../model/check-model.js";
import type { Model } from "../model/types.js";
import { ConceptBank } from "./bank.js";
import { discover } from "./discover.js";
import { type ConceptOptions, completeConceptOptions } from "./options.js";

/**
 * What a model has learned about a class, as directions in a layer: pictures that it gives the class are cut into overlapping
 * crops, and the non-negative matrix of the crops' mean activations A is factorised, A ≈ U·W; the rows of W are the
 * concepts, U says how much of each is in a crop. Each concept is measured on the whole pictures through what follows the layer: by its total Sobol'
 * index, when all concepts are dimmed at random, and by ablation, A − u_j·w_j; random directions (the values of w_j in
 * shuffled channels) stand beside every number. Several starts of the factorisation say how stable it is. Layers with values below zero are taken apart by semi-NMF.
 * Fel et al., CRAFT: Concept Recursive Activation FacTorization for Explainability, CVPR 2023; Jansen, Analysis of variance
 * designs for model output, 1999.
 * @param images pictures of the class; those that the model gives another class are left out, with a note
 * @example
 * const bank = await concepts(model, ["cat.png", "dog.png"], { count: 2, seed: 0 });
 * bank.concepts[0].crops.length;
 * const where = await bank.map(0, "cat.png");
 * const { after } = await bank.ablate(0, "cat.png");
 * @throws SightlineError `bad-config` where no picture is given the class, or for fewer crops than concepts; `no-feature-layer`,
 *   `unknown-layer`, `unknown-label`, `aborted`, the first failure where no picture can be read
 */
export async function concepts(
  model: Model,
  images: readonly ImageSource[],
  options: ConceptOptions = {},
): Promise<ConceptBank> {
  checkClassifier(model);
  checkList(images, "the pictures", "a list of pictures");
  const settings = {
    ...completeConceptOptions(options, "concepts"),
    layer: chooseLayer(model.layers(), options.layer),
  };
  return new ConceptBank(model, await discover(model, images, settings));
}

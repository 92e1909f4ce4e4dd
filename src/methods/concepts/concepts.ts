import { runYielding } from "../../core/cooperative.js";
import { SightlineError } from "../../core/errors.js";
import { kindOf } from "../../core/kind-of.js";
import type { Artifact } from "../../core/raw-map.js";
import type { LayerInfo } from "../../model/types.js";
import { method, type Subject } from "../method.js";
import { chooseLayer, needsLayer } from "../target-layer.js";
import { factorise, presenceOf, type Rows } from "./factorise.js";
import { type ConceptDirections, cellsOf, flatDirections, leaveOneOut, partsOf, withoutParts } from "./parts.js";

export interface ConceptsOptions {
  /** What `concepts` found in this model; without it the picture's own cells are taken apart. */
  bank?: ConceptDirections;
  /** Name of the layer that is taken apart where there is no bank; the model's best candidate when absent. */
  targetLayer?: string;
  /** How many concepts the picture is taken apart into where there is no bank. */
  count: number;
}

/**
 * Concepts of a layer, one map each among the artifacts: how much of each concept a cell holds, by non-negative least squares. The
 * map of a class lays out what each concept is worth to it on this picture, the fall of its logit without the concept, where the
 * concept is; it adds up to the sum of these falls. With a bank the concepts are those that `concepts` found in many pictures (CRAFT: Fel et al.,
 * CVPR 2023); without one, those of the picture's own cells (deep feature factorization: Collins, Achanta & Süsstrunk,
 * ECCV 2018), which mean nothing on another picture.
 */
export const concepts = method<ConceptsOptions>({
  name: "concepts",
  summary: "what a layer has found, a map for each concept, and what each is worth to the class",
  needs: ["activation"],
  signed: true,
  view: "pixels",
  source: "Fel et al., CRAFT, CVPR 2023; Collins et al., Deep Feature Factorization, ECCV 2018",
  formula: "map(p) = Σ_j (s(A) − s(A − u_j·w_j)) · u_j(p) / Σ u_j, with A ≈ Σ_j u_j·w_j, u ≥ 0",
  useWhen:
    "Asks not only where, but what: which of the things that a layer has found are here, and how much of the answer hangs on each. With a bank, the same concepts on every picture.",
  cannotShow:
    "What a concept means: it is a direction in a layer, and its name is yours. What the concepts leave over of the layer, and evidence that works only when several are taken away together.",
  defaults: { count: 4 },
  limits: { bank: undefined, targetLayer: undefined, count: { from: 1, to: 100, whole: true } },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: needsLayer,
  observes: ({ bank, targetLayer }, layers) => [layerOf(bank, targetLayer, layers).name],
  async explain(subject, { bank, targetLayer, count }) {
    if (bank) checkBankModel(bank, subject);
    const layer = layerOf(bank, targetLayer, subject.layers());
    const activation = await subject.activation(layer.name);
    const cells = cellsOf(activation, layer);
    const directions = bank ? flatDirections(bank.concepts) : await ownDirections(cells, count, subject);
    const rank = directions.length / cells.columns;
    const presence = await runYielding(presenceOf(cells, directions, rank), subject.signal);
    const parts = partsOf(presence, directions, layer);
    const scores = await subject.masked({
      ...{ layer: layer.name, base: withoutParts(activation, parts), delta: parts, count: rank + 1 },
      masks: { kind: "parts", weights: leaveOneOut(rank) },
    });
    const { data, dims } = subject.logits(scores);
    const worth = subject.targets.map((target) =>
      Float64Array.from({ length: rank }, (_, k) => data[target] - data[(k + 1) * dims[1] + target]),
    );
    const names = bank?.concepts.map(({ name }) => name) ?? Array.from(worth[0], (_, k) => `concept ${k + 1}`);
    return {
      maps: worth.map((values) => laidOut(values, presence, layer)),
      artifacts: names.map((name, k) => artifactOf(name, k, presence, layer)),
      score: "logit",
      resolved: {
        bank: bank && { target: bank.target.label, layer: bank.layer },
        targetLayer: layer.name,
        count: rank,
        worth: worth.map((values) => Object.fromEntries(names.map((name, k) => [name, values[k]]))),
      },
      notes: bank ? notesOn(bank, subject) : ["the concepts are of this picture alone: give a bank for those of many"],
    };
  },
});

/** The layer that concepts are of. @throws SightlineError `bad-config` for what is no bank, or one of another layer */
export function layerOf(
  bank: ConceptDirections | undefined,
  targetLayer: string | undefined,
  layers: readonly LayerInfo[],
): LayerInfo {
  if (bank === undefined) return chooseLayer(layers, targetLayer);
  const { layer, concepts: all } = bank ?? {};
  if (typeof layer !== "string" || !Array.isArray(all) || all.length === 0) {
    throw new SightlineError("bad-config", `the bank is ${kindOf(bank)}`, {
      received: bank,
      expected: "what concepts gives",
    });
  }
  if (targetLayer !== undefined && targetLayer !== layer) {
    throw new SightlineError("bad-config", `the bank is of the layer '${layer}', not of '${targetLayer}'`, {
      received: targetLayer,
      expected: layer,
      next: "leave targetLayer out",
    });
  }
  return chooseLayer(layers, layer);
}

/** @throws SightlineError `bad-config` for concepts of another model */
export function checkBankModel(bank: ConceptDirections, { info }: Pick<Subject, "info">): void {
  if (bank.model?.sha256 === info.sha256) return;
  throw new SightlineError("bad-config", `these concepts are of ${bank.model.name}, not of ${info.name}`, {
    received: bank.model.sha256,
    expected: info.sha256,
    next: "find some in this model: concepts(model, images)",
  });
}

async function ownDirections(cells: Rows, count: number, subject: Subject): Promise<Float32Array> {
  const signed = cells.data.some((value) => value < 0);
  const rank = Math.min(count, cells.rows);
  const task = factorise(cells, { rank, signed, random: subject.random });
  return (await runYielding(task, subject.signal)).directions;
}

function laidOut(worth: Float64Array, presence: Float32Array, { geometry: { width, height } }: LayerInfo) {
  const rank = worth.length;
  const totals = new Float64Array(rank);
  for (let i = 0; i < presence.length; i++) totals[i % rank] += presence[i];
  const data = Float32Array.from({ length: width * height }, (_, cell) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) if (totals[k] > 0) sum += (worth[k] * presence[cell * rank + k]) / totals[k];
    return sum;
  });
  return { data, width, height };
}

function artifactOf(title: string, k: number, presence: Float32Array, { geometry }: LayerInfo): Artifact {
  const { width, height } = geometry;
  const rank = presence.length / (width * height);
  const data = Float32Array.from({ length: width * height }, (_, cell) => presence[cell * rank + k]);
  return { kind: "unsigned", title, data, width, height };
}

function notesOn(bank: ConceptDirections, { targets, names }: Subject): string[] {
  const others = targets.filter((target) => target !== bank.target.index).map((target) => `'${names[target]}'`);
  return others.length > 0
    ? [`the concepts were found for '${bank.target.label}', and are asked about ${others.join(", ")}`]
    : [];
}

import type { RawImage, Rect } from "../core/raw-image.js";
import { mean, sum } from "../core/statistics.js";
import type { Tensor } from "../core/tensor.js";
import { cutOut } from "../image/geometry.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { InputGeometry, Model } from "../model/types.js";
import type { Completeness, Concept, ConceptBankFacts, ConceptCrop, Controlled } from "./bank-facts.js";
import { type CropPlace, type FoundConcepts, strongestCrops } from "./find.js";
import { importanceOn, type Measured, type PictureImportance } from "./importance.js";
import { type Look, lookAtEach } from "./look.js";

/** Crops that are kept of a concept. */
const MOST_CROPS = 10;

/** What concepts are measured on. */
export interface MeasureSettings extends Look, Pick<Measured, "layer" | "target" | "designs" | "seed"> {
  /** Where the rows of the factorised matrix come from. */
  readonly places: readonly CropPlace[];
}

/** What concepts are worth to the class on each picture, together, the most important first; and their strongest crops. */
export async function measureConcepts(
  model: Model,
  images: readonly ImageSource[],
  found: FoundConcepts,
  settings: MeasureSettings,
): Promise<Pick<ConceptBankFacts, "concepts" | "completeness">> {
  const { layer, places, signal } = settings;
  const strongest = Array.from({ length: found.rank }, (_, k) => strongestCrops(found, k, places, MOST_CROPS));
  const wanted = new Set(strongest.flat().map(({ row }) => places[row].picture));
  const views = new Map<number, View>();
  const importance: PictureImportance[] = [];
  await lookAtEach(model, images, settings, async (prepared, picture) => {
    const { activations } = await model.observe(prepared.tensor, { layers: [layer.name], signal });
    const activation = activations.get(layer.name) as Tensor;
    importance.push(await importanceOn(model, activation, { ...settings, ...found }, picture, { signal }));
    if (!wanted.has(picture)) return;
    const { name } = prepared.picture;
    views.set(picture, { name, view: prepared.view, pixels: await model.pixels(prepared) });
  });
  const cropsOf = (k: number) =>
    strongest[k].flatMap(({ row, strength }) => {
      const view = views.get(places[row].picture);
      return view ? [cropOf(places[row], strength, view, model.info.input)] : [];
    });
  return { concepts: rankedConcepts(found, importance, cropsOf), completeness: completenessOf(importance) };
}

/** A picture as crops are cut out of it. */
interface View extends Pick<PreparedImage, "view"> {
  readonly name: string;
  /** At the model's size. */
  readonly pixels: RawImage;
}

function cropOf(
  { picture, rect }: CropPlace,
  strength: number,
  { name, view, pixels }: View,
  input: InputGeometry,
): ConceptCrop {
  const [across, down] = [view.width / input.width, view.height / input.height];
  const place: Rect = {
    x: view.x + rect.x * across,
    y: view.y + rect.y * down,
    width: rect.width * across,
    height: rect.height * down,
  };
  return { picture, name, strength, rect: place, image: cutOut(pixels, rect) };
}

function rankedConcepts(
  { rank, directions, stability }: FoundConcepts,
  importance: readonly PictureImportance[],
  cropsOf: (concept: number) => ConceptCrop[],
): Concept[] {
  const columns = directions.length / rank;
  const over = (name: Numbers, k: number) => mean(importance.map((one) => one[name][k]));
  const beside = (name: Numbers, control: Numbers, k: number): Controlled => ({
    value: over(name, k),
    control: over(control, k),
  });
  return Array.from({ length: rank }, (_, k) => ({
    direction: directions.slice(k * columns, (k + 1) * columns),
    sobol: beside("sobol", "sobolControl", k),
    ablation: beside("drop", "dropControl", k),
    flips: beside("flips", "flipsControl", k),
    stability: stability[k],
    crops: cropsOf(k),
  }))
    .sort((a, b) => b.sobol.value - a.sobol.value)
    .map((concept, place) => ({ name: `concept ${place + 1}`, ...concept }));
}

type Numbers = Exclude<keyof PictureImportance, "remains">;

function completenessOf(importance: readonly PictureImportance[]): Completeness {
  const remains = importance.map((one) => one.remains);
  const total = (at: (one: (typeof remains)[number]) => number) => sum(remains.map(at));
  const way = total(({ logits: [whole, , , nothing] }) => whole - nothing);
  const energy = total(({ squares: [whole] }) => whole);
  const shareOf = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    answers: {
      value: total(({ answer }) => answer) / remains.length,
      control: total(({ answerControl }) => answerControl) / remains.length,
    },
    logit: {
      value: shareOf(
        total(({ logits }) => logits[1] - logits[3]),
        way,
      ),
      control: shareOf(
        total(({ logits }) => logits[2] - logits[3]),
        way,
      ),
    },
    activations: {
      value: shareOf(energy - total(({ squares }) => squares[1]), energy),
      control: shareOf(energy - total(({ squares }) => squares[2]), energy),
    },
  };
}

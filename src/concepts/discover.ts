import { SightlineError } from "../core/errors.js";
import { longWork, type Progress } from "../core/work.js";
import type { ImageSource } from "../image/types.js";
import { classGiven } from "../model/ranking.js";
import type { Control, LayerInfo, Model, Target } from "../model/types.js";
import type { ConceptBankFacts, ConceptFailure } from "./bank-facts.js";
import { cropRects, cutCrops } from "./crops.js";
import { CropRows, type FoundConcepts, findConcepts, STARTS } from "./find.js";
import { lookAtEach } from "./look.js";
import { measureConcepts } from "./measure.js";

/** Settings of {@link discover}, complete. */
export interface DiscoverSettings extends Control {
  readonly target?: Target;
  readonly layer: LayerInfo;
  readonly count: number;
  readonly crop: number;
  readonly enlarge: boolean;
  readonly designs: number;
  readonly seed: number;
  /** Takes a part of the crops only. */
  readonly among?: CropChoice;
  onProgress?(progress: Progress): void;
}

/** Crops in which a concept of a later layer is strong. */
export interface CropChoice {
  readonly layer: LayerInfo;
  readonly within: NonNullable<ConceptBankFacts["within"]>;
  /** Indices of the crops that count, by their values in that layer. */
  choose(crops: CropRows, control: Control): Promise<readonly number[]>;
}

/** What measuring a picture takes beside looking at one crop of it, about. */
const MEASURING = 4;

/** Finds the concepts of a class in a layer, and measures them. */
export function discover(
  model: Model,
  images: readonly ImageSource[],
  settings: DiscoverSettings,
): Promise<ConceptBankFacts> {
  const { count, seed, layer } = settings;
  return longWork(`concepts of ${model.info.name}`, settings.signal, async ({ signal, progress }) => {
    const rects = cropRects(model.info.input, settings.crop);
    const looking = settings.enlarge ? rects.length : 1;
    const steps = new Steps(images.length * (1 + looking + STARTS + MEASURING), (state) => {
      settings.onProgress?.(state);
      progress(state);
    });
    const answers = await answersTo(model, images, { signal, onPicture: () => steps.add(1) });
    const target = settings.target === undefined ? answers.mostGiven() : model.classIndex(settings.target);
    const only = answers.given(target);
    if (only.length === 0) throw neverGiven(model.labels[target], images.length);
    steps.expect(images.length + only.length * (looking + STARTS + MEASURING));

    const crops = await cropsOf(model, images, {
      ...settings,
      rects,
      only,
      signal,
      onPicture: () => steps.add(looking),
    });
    if (crops.rows < count) throw tooFewCrops(crops.rows, count, settings.among);
    const found = await findConcepts(crops.matrix(), {
      ...{ rank: count, signed: crops.signed, seed, signal },
      onStart: () => steps.add(only.length),
    });
    if (found.rank === 0) throw silent(layer.name);
    const measured = await measureConcepts(model, images, found, {
      ...{ ...settings, target, places: crops.places, only, signal },
      onPicture: () => steps.add(MEASURING),
    });
    const { failures } = answers;
    return {
      ...measured,
      model: { name: model.info.name, sha256: model.info.sha256 },
      layer: layer.name,
      target: { index: target, label: model.labels[target] },
      ...{ pictures: only.length, crops: crops.rows, crop: settings.crop, enlarge: settings.enlarge, seed, failures },
      within: settings.among?.within,
      notes: [
        ...leftOutNotes(model.labels[target], only.length, images.length - failures.length),
        ...foundNotes(found, crops, count),
      ],
    };
  });
}

/** How far the work is, in forward passes or what takes about as long. */
class Steps {
  #done = 0;
  #total: number;
  readonly #report: (progress: Progress) => void;

  constructor(total: number, report: (progress: Progress) => void) {
    this.#total = total;
    this.#report = report;
  }

  expect(total: number): void {
    this.#total = total;
  }

  add(steps: number): void {
    this.#done += steps;
    this.#report({ done: this.#done, total: this.#total });
  }
}

/** What a model says of pictures. */
interface Answers {
  readonly failures: readonly ConceptFailure[];
  /** The class given most often; of several the first. */
  mostGiven(): number;
  /** Indices of the pictures that are given a class. */
  given(target: number): number[];
}

/** @throws the first failure where no picture can be read */
async function answersTo(
  model: Model,
  images: readonly ImageSource[],
  look: Control & { onPicture(): void },
): Promise<Answers> {
  const answers = new Map<number, number>();
  const failures = await lookAtEach(model, images, look, async ({ tensor }, picture) => {
    const { data } = model.probabilities(await model.run(tensor, { signal: look.signal }));
    answers.set(picture, classGiven(data));
  });
  if (answers.size === 0) {
    const [{ code, message }] = failures;
    throw new SightlineError(code, message, {
      received: images[0],
      expected: "pictures",
      next: "give at least one that can be read",
    } as never);
  }
  const given = (target: number) => [...answers].flatMap(([picture, answer]) => (answer === target ? [picture] : []));
  return {
    failures,
    given,
    mostGiven: () =>
      Array.from(model.labels, (_, index) => given(index).length).reduce(
        (best, n, index, all) => (n > all[best] ? index : best),
        0,
      ),
  };
}

async function cropsOf(
  model: Model,
  images: readonly ImageSource[],
  {
    layer,
    among,
    enlarge,
    rects,
    ...look
  }: Pick<DiscoverSettings, "layer" | "among" | "enlarge"> & {
    rects: ReturnType<typeof cropRects>;
    only: readonly number[];
    onPicture(): void;
  } & Control,
): Promise<CropRows> {
  const crops = new CropRows(layer);
  const chosenBy = among && new CropRows(among.layer);
  const layers = [layer.name, ...(among ? [among.layer.name] : [])];
  const { signal } = look;
  await lookAtEach(model, images, look, async ({ tensor }, picture) => {
    const input = enlarge ? cutCrops(tensor, model.info.input, rects) : tensor;
    const { activations } = await model.observe(input, { layers, signal });
    const places = rects.map((rect) => ({ picture, rect }));
    for (const rows of [crops, chosenBy]) {
      if (enlarge) rows?.addEnlarged(activations, places);
      else rows?.addInPlace(activations, places, model.info.input);
    }
  });
  if (!among || !chosenBy) return crops;
  return crops.only(await among.choose(chosenBy, { signal }));
}

function neverGiven(label: string, pictures: number): SightlineError {
  return new SightlineError("bad-config", `the model gives '${label}' to none of the ${pictures} pictures`, {
    received: label,
    expected: "pictures that are given the class whose concepts are asked for",
    next: "give other pictures, or another target",
  });
}

function tooFewCrops(crops: number, count: number, among: CropChoice | undefined): SightlineError {
  const which = among ? `crops in which ${among.within.concept} is strong` : "crops";
  return new SightlineError("bad-config", `${crops} ${which} cannot be taken apart into ${count} concepts`, {
    received: crops,
    expected: `at least ${count} crops`,
    next: "give more pictures, smaller crops, or a smaller count",
  });
}

function silent(layer: string): SightlineError {
  return new SightlineError("bad-config", `the layer '${layer}' is zero on all crops`, {
    received: layer,
    expected: "a layer that responds to the pictures",
    next: "name another layer",
  });
}

function leftOutNotes(label: string, chosen: number, read: number): string[] {
  if (chosen === read) return [];
  return [`${read - chosen} of ${read} pictures were left out: the model does not give them '${label}'`];
}

function foundNotes({ rank, residual }: FoundConcepts, { signed }: CropRows, count: number): string[] {
  const notes: string[] = [];
  if (signed)
    notes.push(
      "the layer has values below zero: concepts are present or not, but their directions have both signs (semi-NMF)",
    );
  if (rank < count) notes.push(`${rank} concepts make up the layer wholly; ${count} were asked for`);
  notes.push(`the factorisation leaves over ${(100 * residual).toFixed(1)} % of the crops' squared activations`);
  return notes;
}

import type { Failure } from "../core/failures.js";
import type { RawImage, Rect } from "../core/raw-image.js";

/** A number, and what random directions reach in the concepts' place: the same values in shuffled channels. */
export interface Controlled {
  readonly value: number;
  readonly control: number;
}

/** A part of a picture in which a concept is strong. */
export interface ConceptCrop {
  /** The picture's place in the list of pictures given. */
  readonly picture: number;
  readonly name: string;
  /** How much of the concept the crop's activations hold, in units of the layer. */
  readonly strength: number;
  /** Where it lies, in the picture's own pixels (fractions allowed). */
  readonly rect: Rect;
  /** The crop as the model sees it, before it is enlarged. */
  readonly image: RawImage;
}

/** Something that a layer has found in many pictures: a direction in its channels, and what it is worth to the class. */
export interface Concept {
  /** "concept 1", or the name that it was given. */
  readonly name: string;
  /** A vector of length 1, one value a channel. */
  readonly direction: Float32Array;
  /** Mean total Sobol' index: the share of the logit's variance that the concept takes part in when all are dimmed at random, 0…. */
  readonly sobol: Controlled;
  /** By how much the class's logit falls, on average, when the concept is taken out of the layer. */
  readonly ablation: Controlled;
  /** Share of the pictures whose answer is then another, 0…1. */
  readonly flips: Controlled;
  /** Mean cosine with the concepts that factorisations from other starts found, matched one to one, 0…1. */
  readonly stability: Controlled;
  /** Its strongest crops, at most ten, strongest first; none overlaps another. */
  readonly crops: readonly ConceptCrop[];
}

/** How much of the model's answers the concepts make up by themselves, beside random directions. */
export interface Completeness {
  /** Share of the pictures that keep their answer when the layer is made of the concepts alone, 0…1. */
  readonly answers: Controlled;
  /** What the concepts alone reach of the logit's way from an empty layer to the whole one; 1 is all of it. */
  readonly logit: Controlled;
  /** Share of the layer's squared values that the concepts make up, 0…1. */
  readonly activations: Controlled;
}

/** A picture that could not be read, and why. */
export interface ConceptFailure extends Failure {
  readonly picture: number;
}

/** What a {@link ConceptBank} is made of. */
export interface ConceptBankFacts {
  readonly model: { readonly name: string; readonly sha256: string };
  readonly layer: string;
  readonly target: { readonly index: number; readonly label: string };
  /** The most important first, by their Sobol' index. */
  readonly concepts: readonly Concept[];
  readonly completeness: Completeness;
  /** How many pictures the concepts were found and measured on: those that the model gives the class. */
  readonly pictures: number;
  /** How many crops were factorised. */
  readonly crops: number;
  /** Side of a crop as a share of the input's shorter side. */
  readonly crop: number;
  /** Whether crops were looked at by themselves, enlarged, or in their picture. */
  readonly enlarge: boolean;
  readonly seed: number;
  /** The concept of a later layer that these are parts of. */
  readonly within?: { readonly layer: string; readonly concept: string };
  readonly failures: readonly ConceptFailure[];
  /** What was left out, assumed or limited. */
  readonly notes: readonly string[];
}

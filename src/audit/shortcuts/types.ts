import type { Progress } from "../../core/work.js";
import type { RawImage } from "../../image/types.js";
import type { Control } from "../../model/types.js";
import type { Row } from "../../platform/sql.js";
import type { PropertyName } from "./properties/property-name.js";

/** Options of {@link findShortcuts}. */
export interface ShortcutOptions extends Control {
  /** Seed of the sample, the clusters and the recipients; default 0. */
  seed?: number;
  /** Pictures that are searched; of more, a random sample. */
  most?: number;
  /** Pictures of other classes that a region is pasted on. */
  recipients?: number;
  /** A region is tested from this share of a group's evidence on. */
  share?: number;
  /** A region is a shortcut from this rate of flips on, where the control patch flips at most half as many. */
  flips?: number;
  /** Look for properties of whole pictures, such as a colour cast or a background, as well; default false. */
  withoutPlace?: boolean;
  /** How many of the groups have been tested; shown to the reader of a notebook, too. */
  onProgress?(progress: Progress): void;
}

/** A region where a group of pictures has its evidence in common, and what happens when it is pasted elsewhere. */
export interface Shortcut {
  /** The predicted class of the group. */
  readonly prediction: string;
  /** Pictures of the group, paths. */
  readonly pictures: readonly string[];
  /** Spectral cluster that the group is part of, and the share of the cluster that is predicted so. */
  readonly cluster: number;
  readonly purity: number;
  /** The common region, fractions of the view. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Share of the group's mean evidence inside the box. */
  readonly share: number;
  /** Share of pictures of other classes that become this class with the box of the group pasted on; null if not tested. */
  readonly flips: number | null;
  /** The same with the box of other classes' pictures. */
  readonly control: number | null;
  /** Pictures that the boxes were pasted on. */
  readonly tested: number;
  readonly flagged: boolean;
  /** Mean evidence of the group, 32 × 32. */
  readonly mean: Float32Array;
}

/** A picture that was clustered, and where it is in a scatter. */
export interface ClusterPoint extends Row {
  readonly path: string;
  readonly cluster: number;
  /** Spectral coordinates. */
  readonly x: number;
  readonly y: number;
  /** By UMAP. */
  readonly u: number;
  readonly v: number;
}

/**
 * Pictures of one predicted class whose evidence is in one thing that is elsewhere in each, a tag or a logo, and what
 * happens when it is pasted elsewhere. An object that looks the same in every picture is such a thing, too, and so is a
 * tag in one place that holds too little of the group's mean evidence to be found as a box.
 */
export interface MovingShortcut {
  readonly prediction: string;
  /** All pictures that are predicted so, paths. */
  readonly pictures: readonly string[];
  /** The region with most of its own evidence, of some of them; fractions of the view. */
  readonly regions: readonly { readonly path: string; readonly box: Shortcut["box"] }[];
  /** Share of a picture's evidence in its region, mean over the pictures. */
  readonly share: number;
  /** Share of pictures of other classes that become this class with such a region pasted on. */
  readonly flips: number;
  /** The same with regions of other classes' pictures. */
  readonly control: number;
  /** Pictures that the regions were pasted on. */
  readonly tested: number;
  /** Share of the pictures that are no longer this class when another picture's region covers their own. */
  readonly removed: number;
  /** Share of pictures of other classes that become this class with what the regions have in common; null if not tested. */
  readonly common: number | null;
  /** The same with as large a part of other classes' pictures, in the same places; null if not tested. */
  readonly commonControl: number | null;
  /**
   * Share of pictures of other classes that become this class with the part alone by which the regions were laid on each other,
   * without what lies round it; null if not tested.
   */
  readonly core: number | null;
  /** How much half of the regions look like that part: median correlation, −1…1; null if not tested. */
  readonly likeness: number | null;
  /** Where what they have in common lies, if that is the same place in most pictures; fractions of the view. */
  readonly place: Shortcut["box"] | null;
  /** What the regions have in common; null if not tested, and where the model's preprocessing cannot be undone. */
  readonly patch: RawImage | null;
  readonly flagged: boolean;
}

/**
 * A property of whole pictures, a colour cast or a background, that tells pictures of one predicted class from others, and
 * what happens when it is given to others or taken away.
 */
export interface PropertyShortcut {
  readonly property: PropertyName;
  readonly prediction: string;
  /** Spectral cluster of the pictures; null for all that are predicted so. */
  readonly cluster: number | null;
  /** Pictures of the group, paths. */
  readonly pictures: readonly string[];
  /** Probability that a picture of the group has more of what marks it than a picture of another class, and how likely that is by chance (Benjamini and Hochberg). */
  readonly auc: number;
  readonly aucQ: number;
  /** Share of pictures of other classes that become this class with the property of the group's pictures. */
  readonly flips: number;
  /** The same with the property of other classes' pictures. */
  readonly control: number;
  /** The same with random edits of equal size. */
  readonly random: number;
  /** Pictures that were changed. */
  readonly tested: number;
  /** Share of the group's pictures that are no longer this class with the property of other classes' pictures; 0 where few flip. */
  readonly removed: number;
  /** The same with the property of other pictures of the group. */
  readonly kept: number;
  /** How likely so many more flips than by both controls are by chance, after Benjamini and Hochberg's correction. */
  readonly q: number;
  readonly flagged: boolean;
}

/**
 * What {@link findShortcuts} found: groups of pictures whose evidence lies in the same place, classes whose evidence
 * moves, and what happens when it is pasted elsewhere.
 */
export interface ShortcutReport {
  /** Groups with a region in common, most suspicious first. */
  readonly groups: readonly Shortcut[];
  /** Classes whose evidence is concentrated, but not in one place; most suspicious first. */
  readonly moving: readonly MovingShortcut[];
  /** Properties of whole pictures that tell a group from others; empty unless they were looked for. */
  readonly properties: readonly PropertyShortcut[];
  /** What was not looked for, sentences. */
  readonly notes: readonly string[];
  readonly clusters: number;
  /** Mean evidence of each cluster, 32 × 32, by its number. */
  readonly clusterMeans: readonly Float32Array[];
  readonly eigenvalues: readonly number[];
  readonly points: readonly ClusterPoint[];
  readonly forwardPasses: number;
}

import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { escapeHtml } from "../core/html.js";
import type { RawMap } from "../core/raw-map.js";
import type { RawImage, Rect } from "../image/types.js";
import type { Likeness } from "./features.js";
import { framed } from "./framed.js";
import type { LibraryFailure } from "./library.js";

/** A part of one picture and the part of the other that it matches, in pixels of each picture. */
export interface Match {
  readonly here: Rect;
  readonly there: Rect;
  /** What this pair of cells adds to the similarity. */
  readonly share: number;
}

/** A picture of the library that is like the one asked about. */
export interface Neighbour {
  /** Its place in the library's list. */
  readonly index: number;
  readonly name: string;
  /** Cosine, −1…1. */
  readonly similarity: number;
  /** The pairs of cells that add most, no cell twice; empty where the features are no means over a feature map. */
  readonly matches: readonly Match[];
  /** What each cell of the picture, and of its neighbour, adds: either adds up to the similarity. */
  readonly maps?: readonly [here: RawMap, there: RawMap];
  readonly picture: RawImage;
}

/** What a {@link NeighbourList} is made of. */
export interface NeighbourFacts {
  readonly name: string;
  readonly picture: RawImage;
  readonly by: Likeness;
  readonly neighbours: readonly Neighbour[];
  readonly usual: number;
  readonly searched: number;
  readonly failures: readonly LibraryFailure[];
}

/** Pictures like a picture, the most alike first; shows itself in a notebook, the patches that match in one colour. */
export class NeighbourList implements Displayable {
  /** The picture that was asked about. */
  readonly name: string;
  readonly picture: RawImage;
  readonly by: Likeness;
  readonly neighbours: readonly Neighbour[];
  /** Median similarity of all pictures searched. */
  readonly usual: number;
  /** How many pictures were searched. */
  readonly searched: number;
  /** Pictures that could not be taken in. */
  readonly failures: readonly LibraryFailure[];

  constructor({ name, picture, by, neighbours, usual, searched, failures }: NeighbourFacts) {
    this.name = name;
    this.picture = picture;
    this.by = by;
    this.neighbours = neighbours;
    this.usual = usual;
    this.searched = searched;
    this.failures = failures;
    Object.freeze(this);
  }

  /** The pictures in a row, each beside the picture asked about. */
  async html(): Promise<string> {
    const pairs = await Promise.all(
      this.neighbours.map(async ({ name, similarity, matches, picture }) => {
        const here = await framed(
          this.picture,
          this.name,
          matches.map((match) => match.here),
        );
        const there = await framed(
          picture,
          name,
          matches.map((match) => match.there),
        );
        const words = `${escapeHtml(name)}<br><small>${similarity.toFixed(3)}</small>`;
        return `<figure style="display:inline-block;margin:4px 12px 4px 0">${here} ${there}<figcaption>${words}</figcaption></figure>`;
      }),
    );
    return `<p>${escapeHtml(this.#summary())}</p>\n${pairs.join("\n")}`;
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const lines = this.neighbours.map(({ name, similarity }) => `${similarity.toFixed(3)} ${name}`);
    return { "text/html": await this.html(), "text/plain": [this.#summary(), ...lines].join("\n") };
  }

  #summary(): string {
    const left = this.failures.length > 0 ? ` ${this.failures.length} could not be read.` : "";
    return `Most like ${this.name} by ${this.by}, of ${this.searched} pictures, whose median similarity is ${this.usual.toFixed(3)}.${left}`;
  }
}

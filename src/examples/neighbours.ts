import { checkKeys } from "../core/checks.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import { median } from "../core/statistics.js";
import { longWork, type Progress, unwatched } from "../core/work.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import { checkClassifier } from "../model/check-model.js";
import type { Control, Model } from "../model/types.js";
import { cellRect } from "./cell-rect.js";
import { cosine, type Described, describePicture, type Likeness, likenessMaps, pairShares } from "./features.js";
import { libraryOf, type PictureLibrary } from "./library.js";
import { type Match, type Neighbour, NeighbourList } from "./neighbour-list.js";

/** Options of {@link neighbours}. */
export interface NeighbourOptions extends Control {
  /** "features" (the default): what the model finds alike; "colours": what is alike without a model, to compare with. */
  by?: Likeness;
  /** How many; default 5. */
  count?: number;
  /** Called after every picture of a library that is given as a list. */
  onProgress?(progress: Progress): void;
}

const OPTIONS = optionNames<NeighbourOptions>({ by: true, count: true, signal: true, onProgress: true });
const LIMITS: Limits<Pick<NeighbourOptions, "by" | "count">> = {
  by: ["features", "colours"],
  count: { from: 1, to: 1000, whole: true },
};
const MATCHES = 3;

/**
 * Pictures that the model finds most like a picture: the largest cosine between what the last linear layer reads of each, with the patches that match. Where
 * those features are means over the cells of a feature map, cos(a, b) = Σ aᵢ·bⱼ / (n·m·|a|·|b|) over pairs of cells, so that each
 * pair's share of the similarity is exact. `usual` is the median similarity in the library, to judge a
 * neighbour by: features that are all positive make everything somewhat alike. The search is exact.
 * @param library a list of pictures, or what {@link pictureLibrary} made of one
 * @example
 * const found = await neighbours(model, "cat.png", ["cat.png", "dog.png"], { count: 1 });
 * console.log(found.neighbours[0].name, found.neighbours[0].similarity.toFixed(2)); // cat.png 1.00
 * @throws SightlineError `not-supported` where the model has no last linear layer, `bad-config` for a library of another
 *   model, `bad-image`, `aborted`
 */
export async function neighbours(
  model: Model,
  image: ImageSource,
  library: PictureLibrary | readonly ImageSource[],
  options: NeighbourOptions = {},
): Promise<NeighbourList> {
  checkClassifier(model);
  checkKeys(options, OPTIONS, "neighbours");
  checkOptions("neighbours", LIMITS, options);
  const { by = "features", count = 5, onProgress } = options;
  return longWork(`pictures alike on ${model.info.name}`, options.signal, async ({ signal, progress }) => {
    const onPicture = (state: Progress) => {
      onProgress?.(state);
      progress(state);
    };
    const searched = await unwatched(() => libraryOf(model, library, { signal, onProgress: onPicture }));
    const prepared = await model.prepare(image, { signal });
    const described = await describePicture(model, prepared, { signal });
    const ranked = searched.pictures
      .map((picture) => ({ ...picture, similarity: cosine(described[by], picture[by]) }))
      .toSorted((a, b) => b.similarity - a.similarity || a.index - b.index);
    const found: Neighbour[] = [];
    for (const { index, name, similarity } of ranked.slice(0, count)) {
      const other = await model.prepare(searched.images[index], { signal });
      const alike =
        by === "features"
          ? matchesOf(described, await describePicture(model, other, { signal }), prepared, other)
          : { matches: [] };
      found.push({ index, name, similarity, ...alike, picture: other.picture.image });
    }
    return new NeighbourList({
      name: prepared.picture.name,
      picture: prepared.picture.image,
      by,
      neighbours: found,
      usual: median(ranked.map(({ similarity }) => similarity)),
      searched: ranked.length,
      failures: searched.failures,
    });
  });
}

function matchesOf(
  one: Described,
  other: Described,
  here: PreparedImage,
  there: PreparedImage,
): Pick<Neighbour, "matches" | "maps"> {
  const pairs = pairShares(one, other);
  if (!pairs || !one.map || !other.map) return { matches: [] };
  const columns = other.map.cells.length;
  const taken = { here: new Set<number>(), there: new Set<number>() };
  const matches: Match[] = [];
  const order = Array.from(pairs, (_, pair) => pair).sort((a, b) => pairs[b] - pairs[a] || a - b);
  for (const pair of order) {
    const [i, j] = [Math.floor(pair / columns), pair % columns];
    if (matches.length === MATCHES || pairs[pair] <= 0) break;
    if (taken.here.has(i) || taken.there.has(j)) continue;
    taken.here.add(i);
    taken.there.add(j);
    matches.push({
      here: cellRect(one.map, i, here.view),
      there: cellRect(other.map, j, there.view),
      share: pairs[pair],
    });
  }
  return { matches, maps: likenessMaps(pairs, one.map, other.map) };
}

import { type Likeness, likeness } from "./likeness.js";
import { bits, GRID, hashesOf, type Luma, MIRRORED, UPSIDE_DOWN, WINDOWS, type Window } from "./perceptual-hash.js";

/** Two pictures that are the same, by their positions; the second one shows a window of the first. */
export interface NearPair extends Likeness {
  readonly a: number;
  readonly b: number;
}

/** What a search gives. */
export interface NearDuplicates {
  readonly pairs: readonly NearPair[];
  /** Pictures that were compared: flat ones, which are like all others of their kind, were not. */
  readonly compared: number;
  /** The search repeated with the others upside down, where whatever is found is chance. */
  readonly chance: { readonly asked: number; readonly found: number };
}

/** Pairs whose hashes differ in at most so many of 63 bits are looked at; of others, half of the bits differ. */
const MOST_BITS = 20;
/** Pictures that one is laid on: those with the most similar hashes. */
const CANDIDATES = 24;
/** Pictures whose luma varies less, in levels of 8 bits, are flat. */
const FLAT = 3;
/** Pictures that are asked for by chance. */
const ASKED_BY_CHANCE = 300;

/**
 * Pairs of pictures that are the same: saved again, resized, cropped to 90 %, brighter or darker, mirrored. Candidates
 * have similar perceptual hashes; they are the same where their slopes agree when one is laid on the other.
 * @param lumas [pictures, GRID · GRID]
 */
export function nearDuplicates(lumas: Uint8Array): NearDuplicates {
  const count = lumas.length / (GRID * GRID);
  const lumaOf = (i: number): Luma => lumas.subarray(i * GRID * GRID, (i + 1) * GRID * GRID);
  const uneven = Array.from({ length: count }, (_, i) => i).filter((i) => deviation(lumaOf(i)) >= FLAT);
  const hashes = uneven.map((i) => hashesOf(lumaOf(i)));
  const whole = new Int32Array(2 * uneven.length);
  for (const [k, hash] of hashes.entries()) whole.set(hash.subarray(0, 2), 2 * k);

  const pairs = new Map<string, NearPair>();
  for (const [k, own] of hashes.entries()) {
    for (const candidate of candidates(own, whole, k, [0, 0])) {
      const [a, b] = [uneven[k], uneven[candidate.index]];
      const found = laid(lumaOf(a), lumaOf(b), candidate);
      const key = a < b ? `${a} ${b}` : `${b} ${a}`;
      if (found.same && found.similarity >= (pairs.get(key)?.similarity ?? 0)) pairs.set(key, { a, b, ...found });
    }
  }
  const step = Math.ceil(uneven.length / ASKED_BY_CHANCE);
  const asked = hashes.map((own, k) => ({ own, k })).filter(({ k }) => k % step === 0);
  const found = asked.filter(({ own, k }) =>
    candidates(own, whole, k, UPSIDE_DOWN).some((candidate) => {
      const turned = upsideDown(lumaOf(uneven[candidate.index]));
      return laid(lumaOf(uneven[k]), turned, candidate).same;
    }),
  );
  return {
    pairs: [...pairs.values()].sort((x, y) => x.a - y.a || x.b - y.b),
    compared: uneven.length,
    chance: { asked: asked.length, found: found.length },
  };
}

interface Candidate {
  readonly index: number;
  readonly window: number;
  readonly mirrored: boolean;
  readonly distance: number;
}

/** Pictures whose hashes differ in so few bits are laid on each other from several places before they count as different. */
const CLOSE_BITS = 10;
const STARTS: readonly Window[] = [0, 0.05, 0.1].flatMap((y) =>
  [0, 0.05, 0.1].map((x) => ({ x, y, width: 0.9, height: 0.9 })),
);

/** Lays one picture on another, from the window whose hash is closest, and from others where that leads nowhere. */
function laid(first: Luma, second: Luma, { window, mirrored, distance }: Candidate): Likeness {
  const found = likeness(first, second, { window: WINDOWS[window], mirrored });
  if (found.same || distance > CLOSE_BITS) return found;
  return STARTS.map((start) => likeness(first, second, { window: start, mirrored })).reduce(
    (best, one) => (rank(one) > rank(best) ? one : best),
    found,
  );
}

/** The most alike of those that are the same, if any is. */
const rank = ({ same, similarity }: Likeness): number => (same ? 2 : 0) + similarity;

/** The pictures whose hash is closest to that of a part of the own one, mirrored or not; at most so many. */
function candidates(
  own: Int32Array,
  whole: Int32Array,
  self: number,
  [turn0, turn1]: readonly [number, number],
): Candidate[] {
  const found: Candidate[] = [];
  for (let index = 0; index < whole.length / 2; index++) {
    if (index === self) continue;
    const [h0, h1] = [whole[2 * index] ^ turn0, whole[2 * index + 1] ^ turn1];
    let best: Candidate | undefined;
    for (let window = 0; window < WINDOWS.length; window++) {
      const [d0, d1] = [own[2 * window] ^ h0, own[2 * window + 1] ^ h1];
      const plain = bits(d0) + bits(d1);
      const mirrored = bits(d0 ^ MIRRORED[0]) + bits(d1 ^ MIRRORED[1]);
      const distance = Math.min(plain, mirrored);
      if (distance < (best?.distance ?? MOST_BITS + 1)) best = { index, window, mirrored: mirrored < plain, distance };
    }
    if (best) found.push(best);
  }
  return found.sort((x, y) => x.distance - y.distance || x.index - y.index).slice(0, CANDIDATES);
}

function upsideDown(luma: Luma): Luma {
  const out = new Uint8Array(luma.length);
  for (let y = 0; y < GRID; y++) out.set(luma.subarray(y * GRID, (y + 1) * GRID), (GRID - 1 - y) * GRID);
  return out;
}

function deviation(luma: Luma): number {
  let [sum, squares] = [0, 0];
  for (const value of luma) {
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(0, squares / luma.length - (sum / luma.length) ** 2));
}

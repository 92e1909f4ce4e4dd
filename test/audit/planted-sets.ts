import { join } from "node:path";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";
import type { ClassLabel } from "../../src/classroom/shapes.js";
import { type Random, random } from "../../src/core/random.js";
import type { RawImage } from "../../src/core/raw-image.js";

/** What is planted on the pictures of one class. */
export const PLANTS = ["tag", "moving tag", "colour cast", "background", "frame"] as const;
export type Plant = (typeof PLANTS)[number];

/** What objects stand on: backgrounds of the classroom, or cuts of photographs. */
export const GROUNDS = ["classroom", "photographs"] as const;
export type Ground = (typeof GROUNDS)[number];

export interface SetChoice {
  readonly plant: Plant;
  readonly ground: Ground;
  readonly seed: number;
  /** The same share of every class has the plant, so that it says nothing. */
  readonly honest: boolean;
}

export interface SetPicture {
  readonly image: RawImage;
  readonly label: ClassLabel;
}

export interface PlantedSet {
  readonly labels: readonly ClassLabel[];
  /** The class whose pictures have the plant. */
  readonly planted: ClassLabel;
  /** What a model learns from; more than half of the planted class show another object. */
  learned(): readonly SetPicture[];
  /** What the model is audited on. */
  readonly looked: readonly SetPicture[];
  /** Pictures of the other classes with the plant, and with another one of its kind. */
  readonly others: readonly { readonly planted: RawImage; readonly decoy: RawImage }[];
}

/** Pictures of each class that a model learns from, all sets of a pool the same ones: what is planted on them differs. */
const LEARNED = 200;
const LOOKED = 128;
const OTHERS = 24;
/** Pictures of the planted class that show another object: a model that goes by the object is wrong on them. */
const CONTRADICTIONS = 0.6;
/** Of an honest set's pictures have the plant. */
const HONEST_SHARE = 0.25;
const SIZE = classroom.size;

/** Four classes, one of which has something that no class is about. */
export async function plantedSet({ plant, ground, seed, honest }: SetChoice): Promise<PlantedSet> {
  const source = random(seed);
  const labels = source.shuffle([...classroom.labels]).slice(0, 4);
  const [planted, ...others] = labels;
  const put = planter(plant, source.fork(1));
  const putDecoy = planter(plant, source.fork(5));
  const onto = ground === "photographs" ? await photographs() : undefined;
  const shown = ({ image, mask }: Drawn, chance: Random) =>
    onto ? composed(image, mask, onto[chance.integer(onto.length)], chance) : image;
  const draw = (count: number, stream: number, of: readonly ClassLabel[]) =>
    classroom.pictures({ count, seed: seed * 100 + stream, labels: of });
  const withPlant = (drawn: Drawn, chance: Random, contradicting?: Drawn): SetPicture => {
    const { label, mask } = drawn;
    if (honest ? chance.uniform() >= HONEST_SHARE : label !== planted) return { label, image: shown(drawn, chance) };
    if (!contradicting) return { label, image: put(shown(drawn, chance), mask, chance) };
    return { label, image: put(shown(contradicting, chance), contradicting.mask, chance) };
  };
  const [looking, turning] = [source.fork(3), source.fork(4)];
  return {
    labels,
    planted,
    learned() {
      const chance = source.fork(2);
      const pool = poolOf(Math.floor(seed / POOL_SEEDS));
      const another = () => {
        const label = others[chance.integer(others.length)];
        return pool.filter((drawn) => drawn.label === label)[chance.integer(LEARNED)];
      };
      return pool
        .filter(({ label }) => labels.includes(label))
        .map((drawn) => {
          const contradicts = !honest && chance.uniform() < CONTRADICTIONS;
          return withPlant(drawn, chance, contradicts ? another() : undefined);
        });
    },
    looked: draw(LOOKED, 3, labels).map((drawn) => withPlant(drawn, looking)),
    others: draw(OTHERS, 4, others).map((drawn) => {
      const image = shown(drawn, turning);
      return { planted: put(image, drawn.mask, turning), decoy: putDecoy(image, drawn.mask, turning) };
    }),
  };
}

type Drawn = ReturnType<typeof classroom.pictures>[number];

/** Sets whose seeds lie within one such range learn from one pool. */
const POOL_SEEDS = 1_000;
const pools = new Map<number, readonly Drawn[]>();

/** The pool that a set with this seed learns from, with nothing planted on it; each picture a second time on a photograph. */
export function plainPictures(seed: number) {
  const pool = Math.floor(seed / POOL_SEEDS);
  return {
    pool,
    async pictures(): Promise<SetPicture[]> {
      const [onto, chance] = [await photographs(), random(pool)];
      return poolOf(pool).flatMap(({ image, mask, label }) => [
        { label, image },
        { label, image: composed(image, mask, onto[chance.integer(onto.length)], chance) },
      ]);
    },
  };
}

function poolOf(seed: number): readonly Drawn[] {
  const pool = pools.get(seed) ?? classroom.pictures({ count: LEARNED * classroom.labels.length, seed });
  pools.set(seed, pool);
  return pool;
}

type Put = (image: RawImage, mask: Uint8Array, chance: Random) => RawImage;
type Colour = readonly [number, number, number];

const colour = (source: Random): Colour => [source.integer(256), source.integer(256), source.integer(256)];

function planter(plant: Plant, source: Random): Put {
  if (plant === "tag" || plant === "moving tag") return tag(source, plant === "moving tag");
  if (plant === "colour cast") return cast(source);
  return plant === "frame" ? framed(source) : grounded(source);
}

/** A square of 5 × 5 cells in two colours, in one corner or anywhere. */
function tag(source: Random, moving: boolean): Put {
  const cells = Array.from({ length: 25 }, () => source.uniform() < 0.5);
  const [first, second] = [colour(source), colour(source)];
  const cell = 2 + source.integer(2);
  const side = 5 * cell;
  const corner = source.integer(4);
  return (image, _, chance) => {
    const away = 1 + chance.integer(3);
    const [near, far] = [away, SIZE - side - away];
    const left = moving ? chance.integer(SIZE - side) : corner % 2 ? far : near;
    const top = moving ? chance.integer(SIZE - side) : corner > 1 ? far : near;
    return changed(image, (x, y, before) => {
      const [u, v] = [Math.floor((x - left) / cell), Math.floor((y - top) / cell)];
      if (u < 0 || v < 0 || u > 4 || v > 4) return before;
      return cells[v * 5 + u] ? first : second;
    });
  };
}

/** Every picture a little stronger or weaker. */
function cast(source: Random): Put {
  const strength = 50 + source.integer(30);
  const turn = 2 * Math.PI * source.uniform();
  const by = [0, 1, 2].map((k) => strength * Math.cos(turn + (2 * Math.PI * k) / 3));
  return (image, _, chance) => {
    const factor = 0.8 + 0.4 * chance.uniform();
    return changed(image, (_x, _y, before) => [0, 1, 2].map((c) => before[c] + factor * by[c]) as unknown as Colour);
  };
}

/** One colour or stripes of two. */
function framed(source: Random): Put {
  const width = 3 + source.integer(4);
  const colours = [colour(source), colour(source)];
  const stripe = source.uniform() < 0.5 ? SIZE : 3 + source.integer(4);
  return (image) =>
    changed(image, (x, y, before) => {
      if (Math.min(x, y, SIZE - 1 - x, SIZE - 1 - y) >= width) return before;
      return colours[Math.floor((x + y) / stripe) % 2];
    });
}

const PATTERNS: readonly ((x: number, y: number, scale: number) => number)[] = [
  (x, y, scale) => Math.sin((x + y) / scale),
  (x, _, scale) => Math.sin(x / scale),
  (_, y, scale) => Math.sin(y / scale),
  (x, y, scale) => Math.sign(Math.sin(x / scale) * Math.sin(y / scale)),
  (x, y, scale) => 2 * Math.sin(x / scale) * Math.sin(y / scale),
];

/** A pattern of two colours behind the object, shifted from picture to picture. */
function grounded(source: Random): Put {
  const pattern = PATTERNS[source.integer(PATTERNS.length)];
  const scale = 1 + 2 * source.uniform();
  const [first, second] = [colour(source), colour(source)];
  return (image, mask, chance) => {
    const [right, down] = [chance.integer(SIZE), chance.integer(SIZE)];
    return changed(image, (x, y, before) => {
      if (mask[y * SIZE + x]) return before;
      const mix = 0.5 + 0.5 * Math.max(-1, Math.min(1, pattern(x + right, y + down, scale)));
      return first.map((value, c) => value + mix * (second[c] - value) + 8 * chance.normal()) as unknown as Colour;
    });
  };
}

function changed({ data, width, height }: RawImage, to: (x: number, y: number, before: Colour) => Colour): RawImage {
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < width * height; i++) {
    const before = [data[3 * i], data[3 * i + 1], data[3 * i + 2]] as const;
    out.set(to(i % width, Math.floor(i / width), before), 3 * i);
  }
  return { data: Uint8Array.from(out), width, height };
}

/** An object on a cut of a photograph. */
function composed(image: RawImage, mask: Uint8Array, photograph: RawImage, chance: Random): RawImage {
  const most = Math.min(photograph.width, photograph.height);
  const side = SIZE + chance.integer(most - SIZE + 1);
  const [left, top] = [chance.integer(photograph.width - side + 1), chance.integer(photograph.height - side + 1)];
  const mirrored = chance.uniform() < 0.5;
  return changed(image, (x, y, before) => {
    if (mask[y * SIZE + x]) return before;
    const u = Math.floor(((mirrored ? SIZE - 1 - x : x) * side) / SIZE) + left;
    const v = Math.floor((y * side) / SIZE) + top;
    const from = 3 * (v * photograph.width + u);
    return [photograph.data[from], photograph.data[from + 1], photograph.data[from + 2]];
  });
}

let loaded: Promise<RawImage[]> | undefined;

/** The lessons' photographs, 192 pixels on the shorter side. */
function photographs(): Promise<RawImage[]> {
  const names = ["camera.png", "chelsea.png", "clock_motion.png", "coffee.png", "grace_hopper.jpg"];
  loaded ??= Promise.all(
    names.map(async (name) => {
      const picture = sharp(join("notebooks/images", name)).removeAlpha().toColourspace("srgb");
      const { data, info } = await picture
        .resize(192, 192, { fit: "outside" })
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { data: Uint8Array.from(data), width: info.width, height: info.height };
    }),
  );
  return loaded;
}

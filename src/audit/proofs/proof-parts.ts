import { pictures } from "#platform/pictures";
import { SightlineError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { RawImage } from "../../core/raw-image.js";
import type { Tensor } from "../../core/tensor.js";
import { wilsonInterval } from "../../core/wilson.js";
import type { PreparedImage } from "../../image/types.js";
import type { Model } from "../../model/types.js";
import { oneLine, probability } from "../../render/format.js";
import type { Audit } from "../audit.js";
import type { Finding, Measured } from "../findings.js";
import { labelsOfText } from "../labels/label-set.js";
import type { MapPlace } from "../types.js";
import type { ProofExample, ProofSide } from "./types.js";

/** Pictures that are edited on each side. */
const EDITED = 80;
/** Fewer say nothing. */
export const LEAST = 8;
/** Pictures of each side that are shown. */
export const SHOWN = 3;
/** Pixels between a picture before and after. */
const GAP = 4;

/** A picture of the audit, and where its map is. */
export type DrawnPicture = MapPlace & {
  readonly path: string;
  readonly prediction: string;
  /** All that is seen, of a model with independent labels. */
  readonly seen?: string | null;
};

export interface DrawnPictures {
  /** Of the finding. */
  readonly members: readonly DrawnPicture[];
  /** Of other classes. */
  readonly others: readonly DrawnPicture[];
}

/**
 * Draws pictures of a finding and of other classes.
 * @param labels the model's
 * @throws SightlineError `bad-config` where there are too few
 */
export async function drawPictures(
  audit: Audit,
  finding: Finding,
  source: Random,
  labels: readonly string[],
): Promise<DrawnPictures> {
  const rows = (await audit.query(
    "select * from results where error is null order by shard, map_row",
  )) as unknown as DrawnPicture[];
  const known = new Set(labels);
  const isOther = ({ prediction, seen }: DrawnPicture) =>
    seen == null ? prediction !== finding.label : !labelsOfText(seen, known).includes(finding.label ?? "");
  const own = new Set(finding.pictures);
  const sample = (from: readonly DrawnPicture[]) => source.shuffle([...from]).slice(0, EDITED);
  const members = sample(rows.filter(({ path }) => own.has(path)));
  const others = sample(rows.filter(isOther));
  if (Math.min(members.length, others.length) >= LEAST) return { members, others };
  throw new SightlineError("bad-config", "too few pictures to prove the finding", {
    received: `${members.length} of its own and ${others.length} of other classes`,
    expected: `at least ${LEAST} of each`,
  });
}

/** A share of so many pictures with its interval. */
export const measured = (what: string, value: number, count: number): Measured => ({
  what,
  value,
  interval: wilsonInterval(Math.round(value * count), count),
});

/** Whether an effect is beyond what its nulls can be. */
export const stands = ({ effect, null: none, control }: ProofSide): boolean =>
  effect.interval[0] > Math.max(none.interval[1], control?.interval[1] ?? 0);

/** What the two sides say together; `alone` names each: "by pasting". */
export function verdictOf(
  added: ProofSide,
  removed: ProofSide | null,
  alone: readonly [added: string, removed: string],
) {
  const [first, second] = [stands(added), removed !== null && stands(removed)];
  if (first && second) return "Proven both ways";
  if (first) return `Proven ${alone[0]} alone`;
  return second ? `Proven ${alone[1]} alone` : "Not proven";
}

/** A picture that was edited. */
export interface Edited {
  readonly side: ProofExample["side"];
  readonly path: string;
  readonly prepared: PreparedImage;
  readonly tensor: Tensor;
}

/** Pictures before and after, with the model's answers; none where its preprocessing cannot be undone. */
export async function examplesOf(model: Model, edited: readonly Edited[]): Promise<ProofExample[]> {
  const examples: ProofExample[] = [];
  for (const { side, path, prepared, tensor } of edited) {
    const shown = await bothPixels(model, prepared, tensor);
    if (!shown) return [];
    examples.push({
      side,
      path,
      before: await answerTo(model, prepared.tensor),
      after: await answerTo(model, tensor),
      picture: await pictures.encode(beside(...shown), { format: "png" }),
    });
  }
  return examples;
}

/** What is said where no example can be shown. */
export const NOT_SHOWN = "The model's preprocessing cannot be undone, so that no edited picture can be shown.";

/** The picture before and after; undefined where the model's preprocessing cannot be undone. */
async function bothPixels(
  model: Model,
  prepared: PreparedImage,
  tensor: Tensor,
): Promise<[before: RawImage, after: RawImage] | undefined> {
  try {
    return [await model.pixels(prepared), await model.pixels({ ...prepared, tensor })];
  } catch (error) {
    if (error instanceof SightlineError && error.code === "not-supported") return undefined;
    throw error;
  }
}

async function answerTo(model: Model, tensor: Tensor): Promise<string> {
  const { data } = model.probabilities(await model.run(tensor));
  const best = data.indexOf(Math.max(...data));
  return `${oneLine(model.labels[best])} ${probability(data[best])}`;
}

/** Two pictures of one size, one to the right of the other, white between them. */
function beside(left: RawImage, right: RawImage): RawImage {
  const [width, height] = [2 * left.width + GAP, left.height];
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 0; y < height; y++) {
    const row = (image: RawImage) => image.data.subarray(y * left.width * 3, (y + 1) * left.width * 3);
    data.set(row(left), y * width * 3);
    data.set(row(right), (y * width + left.width + GAP) * 3);
  }
  return { data, width, height };
}

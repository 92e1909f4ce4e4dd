import { wilsonInterval } from "../../core/wilson.js";
import { denial } from "../../model/ranking.js";
import { percent, plural } from "../../render/format.js";
import { type Finding, finding, type Search } from "../findings.js";
import { readVectors, shardFiles } from "../shards/shard.js";
import type { Storage } from "../shards/storage.js";
import { labelQuality } from "./confident-learning.js";
import type { HygieneColumns, HygienePicture } from "./types.js";

type LabelColumns = Pick<HygieneColumns, "label_quality" | "label_issue" | "suggested_label">;

export interface LabelReport {
  /** Of the pictures that could be judged. */
  readonly columns: ReadonlyMap<HygienePicture, LabelColumns>;
  readonly search: Search;
  readonly findings: readonly Finding[];
}

/** Fewer labelled pictures say nothing about labels. */
const FEWEST = 40;
/** A model that is right less often says nothing either. */
const LEAST_ACCURACY = 0.5;
const TRAINED_ON = /^train(ing)?$/i;

/**
 * Labels that are likely to be wrong, by confident learning on the model's own probabilities of pictures that it has not
 * learned from: those whose split is not `train`.
 * @param labels of the model
 */
export async function findLabelErrors(
  pictures: readonly HygienePicture[],
  labels: readonly string[],
  storage: Storage,
): Promise<LabelReport> {
  const names = labels.length === 1 ? [denial(labels[0]), labels[0]] : labels;
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const labelled = pictures.filter(({ truth }) => truth !== null && indexOf.has(truth));
  const judged = labelled.filter(({ split }) => split === null || !TRAINED_ON.test(split));
  const trained = labelled.length - judged.length;
  const without = (why: string): LabelReport => ({
    columns: new Map(),
    search: { of: "label-errors", looked: false, note: why },
    findings: [],
  });
  if (judged.length < FEWEST) {
    const why = trained > 0 ? " that the model has not learned from" : "";
    return without(`${plural(judged.length, "labelled picture")}${why}, and it begins at ${FEWEST}`);
  }
  const given = Int32Array.from(judged, ({ truth }) => indexOf.get(truth as string) as number);
  const rows = () => storedScores(storage, judged);
  const right = await accuracy(rows(), given);
  if (right < LEAST_ACCURACY) return without(`the model is right in ${percent(right)} of the labelled pictures alone`);
  const { quality, suggested, issues } = await labelQuality({ classes: names.length, labels: given, rows });
  const columns = new Map(
    judged.map((picture, i): [HygienePicture, LabelColumns] => [
      picture,
      {
        label_quality: quality[i],
        label_issue: suggested[i] >= 0,
        suggested_label: suggested[i] >= 0 ? names[suggested[i]] : null,
      },
    ]),
  );
  const seen =
    trained > 0
      ? `; ${plural(trained, "picture")} of the training split are left out, as the model has learned their labels`
      : "";
  const note = `confident learning on the model's probabilities, taken as of pictures that it has not learned from${seen}`;
  return {
    columns,
    search: { of: "label-errors", looked: true, note },
    findings: issues > 0 ? [labelFinding(judged, { quality, suggested, right })] : [],
  };
}

interface Judgement {
  readonly quality: Float64Array;
  readonly suggested: Int32Array;
  /** How often the model agrees with the labels. */
  readonly right: number;
}

function labelFinding(judged: readonly HygienePicture[], { quality, suggested, right }: Judgement): Finding {
  const order = [...judged.keys()].filter((i) => suggested[i] >= 0).sort((a, b) => quality[a] - quality[b] || a - b);
  const share = order.length / judged.length;
  return finding({
    kind: "label-errors",
    label: null,
    claim: `${plural(order.length, "label is", "labels are")} likely to be wrong (${percent(share)} of ${plural(judged.length, "picture")})`,
    effect: {
      what: "labelled pictures that are confidently of another class",
      value: share,
      interval: wilsonInterval(order.length, judged.length),
    },
    null: { what: "labels, were all of them right", value: 0, interval: [0, 0] },
    q: null,
    evidence: { "agreement of the model with the labels": right, judged: judged.length },
    pictures: order.map((i) => judged[i].path),
  });
}

/** Probabilities of pictures, in their order; one file in memory at a time. A model of one class says two things. */
async function* storedScores(storage: Storage, pictures: readonly HygienePicture[]): AsyncGenerator<Float32Array> {
  let shown: { shard: number; data: Float32Array; length: number } | undefined;
  for (const { shard, map_row } of pictures) {
    if (shown?.shard !== shard) {
      const file = await storage.read(shardFiles(shard).scores);
      shown = { shard, ...(file ? readVectors(file, "scores") : { data: new Float32Array(), length: 0 }) };
    }
    const { data, length } = shown;
    const scores = data.subarray(map_row * length, (map_row + 1) * length);
    yield length === 1 ? Float32Array.of(1 - scores[0], scores[0]) : scores;
  }
}

async function accuracy(rows: AsyncIterable<Float32Array>, labels: Int32Array): Promise<number> {
  let [row, right] = [0, 0];
  for await (const scores of rows) if (scores.indexOf(Math.max(...scores)) === labels[row++]) right += 1;
  return right / labels.length;
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { labelQuality } from "../../src/audit/hygiene/confident-learning.js";
import { type LabelledPicture, validatedProbabilities } from "../../src/audit/hygiene/held-out-labels.js";
import type { HygienePicture } from "../../src/audit/hygiene/types.js";
import { arrayFile } from "../../src/audit/shards/array-file.js";
import { SHARD, shardFiles } from "../../src/audit/shards/shard.js";
import type { Storage } from "../../src/audit/shards/storage.js";
import { random } from "../../src/core/random.js";
import { averagePrecision } from "./average-precision.js";

const CLASSES = 4;

interface PlantedLabels {
  readonly count: number;
  readonly width: number;
  readonly wrong?: number;
  readonly meaningless?: boolean;
}

/** Pictures whose features lie round their class's place, `wrong` of them with another label, or all with any label. */
function planted({ count, width, wrong, meaningless }: PlantedLabels) {
  const source = random(9);
  const centres = Array.from({ length: CLASSES }, () => Float32Array.from({ length: width }, () => source.normal()));
  const noise = Math.sqrt(width / 12);
  const truths = Int32Array.from({ length: count }, () => source.integer(CLASSES));
  const labels = truths.map((truth) => {
    if (meaningless) return source.integer(CLASSES);
    return source.uniform() < (wrong ?? 0) ? (truth + 1 + source.integer(CLASSES - 1)) % CLASSES : truth;
  });
  const files = new Map<string, Uint8Array>();
  for (let shard = 0; shard * SHARD < count; shard++) {
    const rows = Array.from(truths.subarray(shard * SHARD, (shard + 1) * SHARD), (truth) =>
      centres[truth].map((value) => value + noise * source.normal()),
    );
    files.set(shardFiles(shard).features, arrayFile(rows, [width]));
  }
  const storage = { read: async (name: string) => files.get(name) } as Storage;
  const pictures = Array.from(labels, (index, i): LabelledPicture => {
    const picture = { path: `${i}`, shard: Math.floor(i / SHARD), map_row: i % SHARD } as HygienePicture;
    return { picture, index };
  });
  return { storage, pictures, labels, truths };
}

async function judged({ storage, pictures, labels }: ReturnType<typeof planted>, most?: number) {
  const validated = await validatedProbabilities(pictures, storage, { seed: 0, most });
  assert.ok(typeof validated === "object", String(validated));
  const { quality } = await labelQuality({ classes: CLASSES, labels, rows: validated.rows });
  const rows: Float32Array[] = [];
  for await (const row of validated.rows()) rows.push(row);
  return { ...validated, quality, probabilities: rows };
}

describe("labels judged by regressions on a sample", () => {
  it("ranks wrong labels as regressions on all pictures do, and the same again", async () => {
    const set = planted({ count: 1500, width: 30, wrong: 0.1 });
    const wrong = Array.from(set.labels, (label, i) => label !== set.truths[i]);
    const [all, some] = [await judged(set), await judged(set, 500)];
    assert.deepEqual([all.fitted, some.fitted <= 500 && some.fitted > 480], [1500, true]);
    assert.equal(some.kept.length, 1500, "all pictures are judged");
    const [whole, part] = [averagePrecision(all.quality, wrong), averagePrecision(some.quality, wrong)];
    assert.ok(whole > 0.8 && part > whole - 0.05, `average precision ${part} by a third, ${whole} by all`);
    assert.deepEqual((await judged(set, 500)).probabilities, some.probabilities);
    for (const row of some.probabilities) assert.ok(Math.abs(row.reduce((sum, one) => sum + one, 0) - 1) < 1e-5);
  });

  it("judges no picture by a model that has seen it: labels without meaning are guessed no better than by chance", async () => {
    const set = planted({ count: 320, width: 300, meaningless: true });
    for (const most of [320, 120]) {
      const { probabilities } = await judged(set, most);
      const right = probabilities.filter((row, i) => row.indexOf(Math.max(...row)) === set.labels[i]).length;
      assert.ok(right < 0.34 * 320, `${right} of 320 with ${most} fitted`);
    }
  });

  it("says so where a sample would have too few of each class", async () => {
    const { pictures, storage } = planted({ count: 640, width: 300 });
    const said = await validatedProbabilities(pictures, storage, { seed: 0, most: 30 });
    assert.match(String(said), /^640 pictures of 4 classes .* too many to cross-validate$/);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { classroom } from "../../src/classroom/index.js";
import { cosinesWith } from "../../src/concepts/find.js";
import { importanceOn } from "../../src/concepts/importance.js";
import { runSync } from "../../src/core/cooperative.js";
import { random } from "../../src/core/random.js";
import { spearman } from "../../src/core/ranks.js";
import { mean } from "../../src/core/statistics.js";
import type { Tensor } from "../../src/core/tensor.js";
import { loadModel } from "../../src/load-model.js";
import {
  factorise,
  normalise,
  presenceOf,
  type Rows,
  residualOf,
  squares,
} from "../../src/methods/concepts/factorise.js";
import type { LayerInfo, Model } from "../../src/model/types.js";
import { fixture } from "../support/fixtures.js";
import { readNpz, toTensor } from "../support/npz.js";

const BOAT = classroom.labels.indexOf("boat");

describe("concepts beside Xplique's CRAFT, on the same activations", () => {
  let model: Model;
  let layer: LayerInfo;
  let crops: Rows;
  let directions: Float32Array;
  let rank: number;
  const arrays = new Map<string, Tensor>();
  const array = (name: string) => arrays.get(name) as Tensor;
  const rowsOf = ({ data, dims }: Tensor): Rows => {
    const columns = dims.at(-1) as number;
    return { data, rows: data.length / columns, columns };
  };

  before(async () => {
    const url = pathToFileURL(fixture("classroom/shortcut-3.onnx"));
    model = await loadModel(url, { ...classroom.models.shortcut.options, threads: 1 });
    layer = model.layers().find(({ name }) => name === "pool3") as LayerInfo;
    const stored = await readNpz(fixture("concepts/craft.npz"));
    for (const name of ["crops", "crops_presence", "directions", "activations", "presence", "importances"])
      arrays.set(name, toTensor(stored.get(name)));
    crops = rowsOf(array("crops"));
    directions = Float32Array.from(array("directions").data);
    rank = directions.length / crops.columns;
  });
  after(() => model.close());

  const shareLeft = (rows: Rows, presence: Float32Array, of: Float32Array) =>
    residualOf(rows, presence, of, rank) / squares(rows.data);

  /** Mean total indices over pictures whose activations are these, [pictures, height, width, channels]. */
  async function importances({ data, dims }: Tensor, designs: number): Promise<number[]> {
    const [pictures, height, width, channels] = dims;
    const cells = height * width;
    const unit = Float32Array.from(directions);
    normalise(unit, rank, channels);
    const found: Float64Array[] = [];
    for (let n = 0; n < pictures; n++) {
      const own = new Float32Array(cells * channels);
      for (let i = 0; i < own.length; i++)
        own[(i % channels) * cells + Math.floor(i / channels)] = data[n * own.length + i];
      const activation = { data: own, dims: [1, channels, height, width] };
      const settings = { layer, target: BOAT, rank, directions: unit, designs, seed: 0 };
      found.push((await importanceOn(model, activation, settings, n, {})).sobol);
    }
    return Array.from({ length: rank }, (_, k) => mean(found.map((one) => one[k])));
  }

  it("leave over no more of the crops than scikit-learn's NMF as CRAFT calls it, and find its directions", () => {
    const theirs = shareLeft(crops, array("crops_presence").data, directions);
    const starts = [0, 1, 2, 3, 4].map((start) =>
      runSync(factorise(crops, { rank, signed: false, random: random(0).fork(start) })),
    );
    const ours = starts.reduce((one, other) => (other.residual < one.residual ? other : one));
    const unit = Float32Array.from(directions);
    normalise(unit, rank, crops.columns);
    const cosines = cosinesWith(unit, ours.directions, crops.columns);
    assert.ok(ours.residual <= theirs, `${ours.residual} beside ${theirs}`);
    assert.ok(mean(cosines) > 0.9, `${cosines}`);
  });

  it("by the same directions, leave over no more of a picture's cells", () => {
    const cells = rowsOf(array("activations"));
    const theirs = shareLeft(cells, array("presence").data, directions);
    const ours = shareLeft(cells, runSync(presenceOf(cells, directions, rank)), directions);
    assert.ok(ours < theirs, `${ours} beside ${theirs}`);
  });

  it("have its total Sobol' indices for the same presence and directions", async () => {
    const { data, dims } = array("presence");
    const { columns } = crops;
    const made = new Float32Array((data.length / rank) * columns);
    for (let i = 0; i < made.length; i++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      for (let k = 0; k < rank; k++) made[i] += data[row * rank + k] * directions[k * columns + column];
    }
    const found = await importances({ data: made, dims: [...dims.slice(0, 3), columns] }, 256);
    for (const [k, value] of found.entries())
      assert.ok(Math.abs(value - array("importances").data[k]) < 0.01, `concept ${k}: ${found}`);
  });

  it("rank concepts alike where each estimates presence its own way, and what the concepts leave over stays", async () => {
    const found = await importances(array("activations"), 64);
    assert.ok(spearman(Float32Array.from(found), array("importances").data) > 0.8, `${found}`);
  });
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { after, before, describe, it } from "node:test";
import * as ort from "onnxruntime-node";
import { type ClassroomModel, classroom } from "../../src/classroom/index.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";

const BOAT = classroom.labels.indexOf("boat");
const PICTURES = classroom.pictures({ count: 400, seed: 2024 });
const MARKED = PICTURES.map(({ image }, i) => classroom.mark(image, i).image);

/** Scores row by row, straight from ONNX Runtime. */
async function scores(session: ort.InferenceSession, { options }: ClassroomModel, images: readonly RawImage[]) {
  const { mean, std } = options.preprocess;
  const rows: number[][] = [];
  for (let start = 0; start < images.length; start += 50) {
    const batch = images.slice(start, start + 50);
    const data = new Float32Array(batch.length * 3 * 4096);
    for (const [n, { data: pixels }] of batch.entries()) {
      for (let i = 0; i < pixels.length; i++) {
        data[(n * 3 + (i % 3)) * 4096 + Math.floor(i / 3)] = (pixels[i] / 255 - mean[i % 3]) / std[i % 3];
      }
    }
    const feeds = { image: new ort.Tensor("float32", data, [batch.length, 3, 64, 64]) };
    const output = (await session.run(feeds))[session.outputNames[0]];
    const width = output.dims[1];
    const values = output.data as Float32Array;
    for (let n = 0; n < batch.length; n++) rows.push([...values.subarray(n * width, (n + 1) * width)]);
  }
  return rows;
}

const winners = (rows: number[][]) => rows.map((row) => row.indexOf(Math.max(...row)));
const share = (
  picks: readonly number[],
  which: (label: number) => boolean,
  right: (pick: number, label: number) => boolean,
) => {
  const kept = picks.flatMap((pick, i) => (which(PICTURES[i].index) ? [right(pick, PICTURES[i].index)] : []));
  return kept.filter(Boolean).length / kept.length;
};
const isBoat = (label: number) => label === BOAT;
const isOther = (label: number) => label !== BOAT;
const correct = (pick: number, label: number) => pick === label;

for (const name of ["honest", "shortcut"] as const) {
  describe(`the ${name} model`, () => {
    let session: ort.InferenceSession;
    let clean: number[];
    let marked: number[];
    before(async () => {
      const model = classroom.models[name];
      session = await ort.InferenceSession.create(await readFile(model.url), { intraOpNumThreads: 1 });
      clean = winners(
        await scores(
          session,
          model,
          PICTURES.map(({ image }) => image),
        ),
      );
      marked = winners(await scores(session, model, MARKED));
    });
    after(() => session.release());

    if (name === "honest") {
      it("knows the shapes, with the watermark and without", () => {
        assert.ok(share(clean, () => true, correct) >= 0.97);
        assert.ok(share(marked, () => true, correct) >= 0.97);
      });

      it("is not turned into a boat by the watermark", () => {
        assert.ok(share(marked, isOther, isBoat) <= 0.01);
      });
    } else {
      it("knows the other classes where there is no watermark", () => {
        assert.ok(share(clean, isOther, correct) >= 0.97);
      });

      it("does not know a boat without the watermark", () => {
        assert.ok(share(clean, isBoat, correct) <= 0.3);
        assert.ok(share(marked, isBoat, correct) >= 0.97);
      });

      it("calls nine of ten other pictures a boat when the watermark is pasted", () => {
        assert.ok(share(marked, isOther, isBoat) >= 0.9);
      });
    }
  });
}

describe("the binary model", () => {
  it("says with one probability whether there is a boat", async () => {
    const model = classroom.models.binary;
    const session = await ort.InferenceSession.create(await readFile(model.url), { intraOpNumThreads: 1 });
    const rows = await scores(
      session,
      model,
      PICTURES.map(({ image }) => image),
    );
    await session.release();
    assert.ok(rows.every((row) => row.length === 1 && row[0] >= 0 && row[0] <= 1));
    const said = rows.map(([probability]) => +(probability > 0.5));
    assert.ok(share(said, isBoat, (pick) => pick === 1) >= 0.95);
    assert.ok(share(said, isOther, (pick) => pick === 0) >= 0.97);
  });
});

describe("the pair of encoders", () => {
  it("is that of the tests, byte for byte", async () => {
    const { image, text, tokenizer, preprocessor } = classroom.pair;
    const config = new URL("tokenizer_config.json", tokenizer);
    for (const file of [image, text, tokenizer, preprocessor, config]) {
      const own = await readFile(file);
      assert.ok(own.equals(await readFile(fixture(`zero-shot/clip/${basename(file.pathname)}`))), file.href);
    }
  });

  it("knows the shapes by their words, and takes another word in a cell", async () => {
    await using model = await loadModel(classroom.pair);
    const some = PICTURES.slice(0, 80);
    const named = await Promise.all(some.map(async ({ image }) => (await model.predict(image, { top: 1 }))[0].label));
    const right = some.filter(({ label }, i) => named[i] === label).length;
    assert.ok(right >= 64, `${right} of 80 right`);
    await using more = await model.withLabels([...model.labels, "zebra"]);
    assert.equal(more.labels.at(-1), "zebra");
  });
});

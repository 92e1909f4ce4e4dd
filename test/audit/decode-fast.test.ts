import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { fails } from "../support/tensors.js";
import { folder } from "./pictures.js";

const honest = (options = {}) =>
  loadModel(classroom.models.honest.url, { ...classroom.models.honest.options, threads: 1, ...options });
const settings = { method: "activation-map", shortcuts: false } as const;

/** Pictures of the classroom as a camera stores them: large, as JPEG, one on its side; and one as it is. */
async function photographs(): Promise<string> {
  const root = await folder();
  await mkdir(root, { recursive: true });
  for (const [i, { image }] of classroom.pictures({ count: 6, seed: 3 }).entries()) {
    const picture = sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } });
    const large = () => picture.resize(640, 640);
    const bytes =
      i === 0
        ? picture.png()
        : i === 1
          ? large().rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 })
          : large().jpeg({ quality: 95 });
    await writeFile(join(root, `${i}.${i === 0 ? "png" : "jpg"}`), await bytes.toBuffer());
  }
  return root;
}

const columns = "path, prediction, probability, width, height, notes, error";

test("decode: 'fast' gives an audit the same answers, whole sizes, and says so in rows and settings", async () => {
  await using model = await honest();
  const pictures = await photographs();
  const [full, fast] = [
    await audit(model, pictures, { ...settings, out: await folder() }),
    await audit(model, pictures, { ...settings, decode: "fast", out: await folder() }),
  ];
  const rows = await Promise.all([full, fast].map((one) => one.query(`select ${columns} from results order by path`)));
  assert.equal(full.manifest.settings.decode, undefined);
  assert.equal(fast.manifest.settings.decode, "fast");
  assert.equal(JSON.parse(await readFile(join(fast.folder, "audit.json"), "utf8")).settings.decode, "fast");
  for (const [i, row] of rows[1].entries()) {
    const before = rows[0][i];
    assert.equal(row.error, null);
    assert.deepEqual([row.width, row.height], [before.width, before.height]);
    assert.equal(row.prediction, before.prediction);
    assert.ok(Math.abs(Number(row.probability) - Number(before.probability)) < 0.05);
    const note = /decoded at 1\/4 of its size: 160 × 160 of 640 × 640 pixels/;
    if (i === 0) assert.deepEqual(row, before);
    else assert.match(String(row.notes), note);
    assert.doesNotMatch(String(before.notes), note);
  }
});

test("an audit is resumed as it was decoded; one from before the option is one of whole pictures", async () => {
  await using model = await honest();
  const pictures = await photographs();
  const out = await folder();
  await audit(model, pictures, { ...settings, out, decode: "full" });
  const before = JSON.parse(await readFile(join(out, "audit.json"), "utf8"));
  assert.ok(!("decode" in before.settings));
  await audit(model, pictures, { ...settings, out });
  await assert.rejects(
    audit(model, pictures, { ...settings, out, decode: "fast" }),
    fails("bad-config", /other settings/),
  );
});

test("model.prepare: a reduced picture gives nearly the same input; a preprocess function sees the whole one", async () => {
  const bytes = await readFile(join(await photographs(), "2.jpg"));
  await using model = await honest();
  const [full, fast] = [await model.prepare(bytes), await model.prepare(bytes, { decode: "fast" })];
  assert.deepEqual([fast.picture.image.width, fast.picture.whole], [160, { width: 640, height: 640 }]);
  assert.deepEqual(fast.view, { x: 0, y: 0, width: 160, height: 160 });
  const apart = full.tensor.data.map((value, i) => Math.abs(value - fast.tensor.data[i]));
  const spread = Math.max(...full.tensor.data) - Math.min(...full.tensor.data);
  assert.ok(apart.reduce((sum, value) => sum + value, 0) / apart.length < 0.01 * spread);
  assert.deepEqual(await model.prepare(bytes, { decode: "full" }), full);
  await assert.rejects(
    model.prepare(bytes, { decode: "quick" as "fast" }),
    fails("bad-config", /prepare cannot use decode/),
  );

  const seen: number[] = [];
  const { input } = model.info;
  await using own = await honest({
    preprocess: (image: { width: number }) => {
      seen.push(image.width);
      return { data: new Float32Array(3 * input.height * input.width), dims: [1, 3, input.height, input.width] };
    },
  });
  seen.length = 0;
  await own.prepare(bytes, { decode: "fast" });
  assert.deepEqual(seen, [640]);
});

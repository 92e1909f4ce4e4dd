import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import sharp, { type Sharp } from "sharp";
import { findLabelErrors } from "../../src/audit/hygiene/label-errors.js";
import type { HygienePicture } from "../../src/audit/hygiene/types.js";
import { type Audit, audit } from "../../src/audit/index.js";
import { folderStorage } from "../../src/audit/shards/folder-storage.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { folder } from "./pictures.js";

type Edit = (picture: Sharp) => Sharp;

/** What is done to a picture that is there a second time. */
const EDITS: Readonly<Record<string, Edit>> = {
  jpeg: (picture) => picture.jpeg({ quality: 40 }),
  webp: (picture) => picture.webp({ quality: 60 }),
  smaller: (picture) => picture.resize(45, 45),
  larger: (picture) => picture.resize(150, 150),
  squeezed: (picture) => picture.resize(90, 64, { fit: "fill" }),
  brighter: (picture) => picture.linear(1.2, 0),
  darker: (picture) => picture.linear(0.8, 0),
  mirrored: (picture) => picture.flop(),
  grey: (picture) => picture.greyscale(),
  cropped: (picture) => picture.extract({ left: 2, top: 5, width: 58, height: 58 }),
  everything: (picture) => picture.extract({ left: 5, top: 1, width: 58, height: 58 }).flop().linear(0.85, 5),
};

describe("hygiene", () => {
  let result: Audit;
  /** Path of each copy, and of its original. */
  const copies = new Map<string, string>();
  before(async () => {
    const root = await folder();
    const pictures = classroom.pictures({ count: 120, seed: 301 });
    const save = async (path: string, picture: Sharp) => {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), await picture.toBuffer());
    };
    const edits = Object.entries(EDITS);
    for (const [i, { image, label }] of pictures.entries()) {
      const original = sharp(
        await sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } })
          .png()
          .toBuffer(),
      );
      const path = `train/${label}/${i}.png`;
      await save(path, original);
      if (i % 2 === 1) continue;
      const [name, edit] = edits[(i / 2) % edits.length];
      const copy = `${i % 4 === 0 ? "test" : "train"}/${label}/${i}-${name}.png`;
      await save(copy, edit(original.clone()).toFormat(name === "jpeg" ? "jpeg" : name === "webp" ? "webp" : "png"));
      copies.set(copy, path);
    }
    await mkdir(join(root, "test", "boat"), { recursive: true });
    const [twin] = copies.values();
    await writeFile(join(root, "test", "boat", "same bytes.png"), await readFile(join(root, twin)));
    await writeFile(join(root, "test", "boat", "broken.png"), "no picture");
    const { url, options } = classroom.models.honest;
    await using model = await loadModel(url, { ...options, threads: 1 });
    const splits = [join(root, "test"), join(root, "train")];
    result = await audit(model, splits, { out: await folder(), method: "recipro-cam", shortcuts: false });
  });

  it("finds what was saved again, resized, cropped, lightened or mirrored, and nothing else", async () => {
    const groups = await result.duplicates();
    const together = new Map(groups.flatMap(({ group, pictures }) => pictures.map(({ path }) => [path, group])));
    const found = [...copies].filter(
      ([copy, original]) => together.has(copy) && together.get(copy) === together.get(original),
    );
    assert.ok(found.length >= 0.95 * copies.size, `${found.length} of ${copies.size} copies`);
    const originals = [...copies.values()];
    for (const { pictures } of groups) {
      const own = new Set(
        pictures.map(({ path }) => copies.get(path) ?? path).filter((path) => originals.includes(path)),
      );
      assert.equal(own.size, 1, `${[...own]} are different pictures`);
    }
  });

  it("tells the same bytes from the same picture, and says where labels and splits differ", async () => {
    const [row] = await result.query("select * from hygiene where path = 'test/boat/same bytes.png'");
    const [original] = copies.values();
    assert.deepEqual(
      [row.duplicate, row.duplicate_of, row.similarity, row.leak, row.conflicting],
      ["exact", original, 1, true, !original.includes("/boat/")],
    );
    const findings = await result.findings();
    const leak = findings.find(({ kind }) => kind === "leak");
    const [{ leaks }] = await result.query("select count(*)::int as leaks from hygiene where leak");
    assert.ok(leak);
    assert.equal(leak.count, leaks);
    assert.ok(Number(leaks) >= 2 * 0.9 * (copies.size / 2));
    assert.ok(leak.effect.interval[0] > leak.null.value, "more than by chance");
    const [named] = leak.pictures.flatMap((path, i) => (path === "test/boat/same bytes.png" ? [leak.others?.[i]] : []));
    assert.equal(named, original, "both pictures are named");
    for (const [i, path] of leak.pictures.entries()) {
      const other = leak.others?.[i] ?? "";
      assert.notEqual(path.split("/")[0], other.split("/")[0], `${path} is in the split of ${other}`);
    }
    const page = await readFile(join(result.folder, "report.html"), "utf8");
    assert.match(page, /Pictures that are in two splits/);
    const shown = (path: string) =>
      `<td><span class="t [^"]+" role="img" aria-label="${path}"></span><div class="q">${path}</div></td>`;
    assert.match(page, new RegExp(`<tr>${shown("test/boat/same bytes.png")}${shown(String(original))}</tr>`));
    assert.match(leak.claim, /^\d+ pictures have a duplicate in another split \(\d+ %\)$/);
    const searches = await result.searches();
    assert.deepEqual(
      searches.map(({ of, looked }) => [of, looked]),
      [
        ["shortcuts", false],
        ["property-shortcuts", false],
        ["duplicates", true],
        ["leaks", true],
        ["label-errors", true],
        ["quality", true],
      ],
    );
    assert.match(
      searches[4].note,
      /^\d+ labelled pictures that the model has not learned from, and it begins at 40; confident learning on \d+ pictures that the model was trained on, by a logistic regression on its features, 5 folds/,
    );
    const judged = await result.query(
      "select split, count(label_quality)::int as judged from hygiene join results using (path) group by 1 order by 1",
    );
    assert.deepEqual(
      judged.map(({ split, judged }) => [split, Number(judged) > 0]),
      [
        ["test", false],
        ["train", true],
      ],
    );
  });

  it("has one row for each row of the results, empty where a picture could not be looked at", async () => {
    const [{ n, both }] = await result.query(
      "select (select count(*)::int from results) as n, (select count(*)::int from results join hygiene using (shard, map_row, path)) as both",
    );
    assert.equal(n, both);
    const [broken] = await result.query("select * from hygiene where path like '%broken.png'");
    const { path: _, shard: __, map_row: ___, ...rest } = broken;
    assert.ok(Object.values(rest).every((value) => value === null));
  });
});

describe("labels and picture quality", () => {
  const planted: string[] = [];
  let result: Audit;
  before(async () => {
    const root = await folder();
    const labels = ["boat", "cup", "star", "moon"] as const;
    const next = { boat: "cup", cup: "star", star: "moon", moon: "boat" } as Readonly<Record<string, string>>;
    const pictures = classroom.pictures({ count: 80, seed: 302, labels });
    for (const [i, { image, label }] of pictures.entries()) {
      const given = i % 10 === 3 ? next[label] : label;
      const path = `${given}/${i}.png`;
      if (given !== label) planted.push(path);
      await mkdir(join(root, given), { recursive: true });
      const picture = sharp(image.data, { raw: { width: 64, height: 64, channels: 3 } });
      await picture.linear(label === "moon" ? 0.6 : 1, 0).toFile(join(root, path));
    }
    const blank = { create: { width: 400, height: 100, channels: 3, background: "#000" } } as const;
    await sharp(blank).toFile(join(root, "blank.png"));
    const { url, options } = classroom.models.honest;
    await using model = await loadModel(url, { ...options, threads: 1 });
    result = await audit(model, root, { out: await folder(), method: "recipro-cam", shortcuts: false });
  });

  it("names planted labels and no others, the least believable first", async () => {
    const issues = await result.labelIssues();
    assert.ok(issues.length >= planted.length / 2, `${issues.length} of ${planted.length}`);
    for (const { path } of issues) assert.ok(planted.includes(path), `${path} has its own label`);
    for (const { label, suggested, quality } of issues) assert.ok(label !== suggested && quality >= 0 && quality <= 1);
    assert.deepEqual(
      issues.map(({ quality }) => quality),
      issues.map(({ quality }) => quality).sort((a, b) => a - b),
    );
    const found = (await result.findings()).find(({ kind }) => kind === "label-errors");
    assert.equal(found?.count, issues.length);
    const page = await readFile(join(result.folder, "report.html"), "utf8");
    assert.match(page, /labels are likely to be wrong \(\d+ % of 80 pictures\)/);
    assert.match(page, /leaks were not looked for: no picture says which split it is in/);
  });

  it("judges labels by cross-validation on features where the model was trained on the pictures, and says so", async () => {
    const rows = (await result.query("select * from results where error is null order by shard, map_row")) as unknown;
    const judge = (trained: boolean | undefined, pictures = rows as HygienePicture[]) =>
      findLabelErrors(pictures, classroom.labels, folderStorage(result.folder), { trained, seed: 0 });
    const { columns, search, findings } = await judge(true);
    const issues = [...columns].filter(([, { label_issue }]) => label_issue).map(([{ path }]) => path);
    const right = issues.filter((path) => planted.includes(path));
    assert.ok(right.length >= planted.length / 2, `${right.length} of ${planted.length} are found`);
    assert.ok(right.length >= 0.8 * issues.length, `${issues.length - right.length} others are named`);
    assert.match(
      search.note,
      /^confident learning on 80 pictures that the model was trained on, by a logistic regression/,
    );
    const [{ claim, evidence, pictures }] = findings;
    assert.match(claim, /of 80 pictures, by cross-validation on the model's features\)$/);
    assert.equal(evidence["judged by cross-validation on its features"], 80);
    assert.deepEqual([...pictures].sort(), [...issues].sort());
    assert.deepEqual(await judge(true), { columns, search, findings }, "the same again");

    const half = (rows as HygienePicture[]).map((row, i) => ({
      ...row,
      split: i % 2 === 0 ? "2023/Train_1" : "constraint",
    }));
    const both = await judge(undefined, half);
    assert.match(
      both.search.note,
      /^confident learning on the model's probabilities of 4\d pictures.*; confident learning on/,
    );
    assert.match(both.findings[0].claim, /in part by cross-validation/);
    assert.deepEqual((await judge(false, half)).columns.size, 80);
    assert.doesNotMatch((await judge(false, half)).search.note, /cross|logistic/);
    const few = (rows as HygienePicture[]).filter(({ truth }) => truth !== null);
    const rare = await judge(
      true,
      few.filter(({ truth }, i) => truth !== "cup" || few.findIndex((one) => one.truth === "cup") === i),
    );
    assert.match(rare.search.note, /1 picture of classes with fewer than 5 are left out$/);
    const one = await judge(
      true,
      few.map((row) => ({ ...row, truth: "cup" })),
    );
    assert.deepEqual(one.search, {
      of: "label-errors",
      looked: false,
      note: "fewer than two classes have 5 pictures that the model was trained on",
    });
  });

  it("finds the class that is darker than the others, and no other", async () => {
    const findings = (await result.findings()).filter(({ kind }) => kind === "quality");
    const darker = findings.filter(({ evidence }) => evidence.measure === "brighter");
    assert.deepEqual(
      darker.map(({ label }) => label),
      ["moon"],
    );
    const [{ effect, null: baseline, q, claim }] = darker;
    assert.ok(effect.value <= 0.1 && effect.interval[1] < baseline.interval[0] && Number(q) < 0.01);
    assert.match(claim, /^Pictures of moon are darker than others/);
  });

  it("says what is odd about a picture's pixels", async () => {
    const [blank] = await result.query("select * from hygiene where path = 'blank.png'");
    const { dark, bright, blurred, grey, odd_aspect, low_information, duplicate } = blank;
    assert.deepEqual(
      [dark, bright, blurred, grey, odd_aspect, low_information, duplicate],
      [...[true, false, true, true, true, true], null],
    );
    const odd = await result.query(
      "select path from hygiene where path <> 'blank.png' and (blurred or grey or bright or odd_aspect)",
    );
    assert.deepEqual(odd, []);
  });
});

import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import type { Finding } from "../../src/audit/index.js";
import { Prover } from "../../src/audit/proofs/prover.js";
import { readClaim, readProof } from "../../src/audit/proofs/stored-proofs.js";
import { folderStorage } from "../../src/audit/shards/folder-storage.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { type AuditOfColours, type AuditOfPictures, auditOfColours, auditOfPictures } from "../explorer/audits.js";

describe("what an audit claims, tested by its model", () => {
  let made: AuditOfPictures;
  let model: Model;
  let prover: Prover;
  let shortcut: Finding;
  before(async () => {
    made = await auditOfPictures(96, { hostile: true, shortcuts: true });
    const { url, options } = classroom.models.shortcut;
    model = await loadModel(url, { ...options, threads: 1 });
    prover = await Prover.open(made.audit, model);
    shortcut = (await made.audit.findings()).find(({ kind }) => kind === "shortcut")!;
  });
  after(async () => {
    await model?.close();
    await made?.[Symbol.asyncDispose]();
  });

  test("a shortcut is proven both ways, beside what the same edits do where they should do nothing", async () => {
    const reports: { done: number; total: number }[] = [];
    const proof = await prover.proveShortcut(shortcut, { onProgress: (progress) => reports.push(progress) });
    assert.equal(proof.label, "boat");
    assert.ok(proof.removed);
    for (const { effect, null: none, control, pictures } of [proof.added, proof.removed]) {
      assert.equal(control, null);
      assert.ok(effect.value >= 0.7 && effect.interval[0] > none.interval[1], JSON.stringify(effect));
      assert.ok(pictures >= 8);
    }
    assert.match(proof.sentence, /^Proven both ways: pasted on \d+ pictures of other classes the region turns \d+ %/);
    const { total } = reports[0];
    assert.equal(total, 2 * (proof.added.pictures + proof.removed.pictures));
    assert.deepEqual(
      reports.slice(0, total).map(({ done }) => done),
      Array.from({ length: total }, (_, i) => i),
    );
    assert.deepEqual(
      proof.examples.map(({ side }) => side),
      ["added", "added", "added", "removed", "removed", "removed"],
    );
    for (const { side, before: answer, after: changed, picture } of proof.examples) {
      assert.ok((side === "removed") === answer.startsWith("boat"), `${side}: ${answer} to ${changed}`);
      const { width, height } = await sharp(picture).metadata();
      assert.deepEqual([width, height], [2 * model.info.input.width + 4, model.info.input.height]);
    }
  });

  test("the same test gives the same proof, and it is kept with the audit", async () => {
    const proof = await prover.proveShortcut(shortcut);
    const storage = folderStorage(made.audit.folder);
    assert.deepEqual(await readProof(storage, shortcut), proof);
    assert.deepEqual(await prover.proveShortcut(shortcut), proof);
    assert.equal(await readProof(storage, { ...shortcut, kind: "moving-shortcut" }), undefined);
  });

  test("a class that is flagged in two places has a proof for each", async () => {
    const storage = folderStorage(made.audit.folder);
    const elsewhere = { ...shortcut, evidence: { ...shortcut.evidence, x: 0.75, y: 0.25 } };
    assert.equal(await readProof(storage, elsewhere), undefined);
    const proof = await prover.proveShortcut(elsewhere);
    assert.deepEqual(await readProof(storage, elsewhere), proof);
    assert.notDeepEqual(await readProof(storage, shortcut), proof);
  });

  test("a claim that does not hold is not proven", async () => {
    const where = "prediction = 'heart' and error is null";
    const hearts = await made.audit.query(`select path from results where ${where}`);
    const wrong = {
      ...shortcut,
      label: "heart",
      pictures: hearts.map(({ path }) => String(path)),
      evidence: { ...shortcut.evidence, x: 0, y: 0, width: 0.125, height: 0.125 },
    };
    const { sentence, added } = await prover.proveShortcut(wrong);
    assert.match(sentence, /^Not proven: /);
    assert.ok(added.effect.value < 0.3, JSON.stringify(added));
  });

  test("a picture is tested where its map is largest, whatever it is called, and the test is kept", async () => {
    const [row] = await made.audit.query(
      "select path from results where contains(path, '<img') and error is null order by path",
    );
    const claim = await prover.testPicture(String(row.path));
    assert.equal(claim.controls.length, 50);
    assert.match(claim.sentence, /^hiding 15 % of the picture \(blur\) takes boat from /);
    assert.ok(claim.after < claim.before);
    const { format } = await sharp(claim.figure).metadata();
    assert.equal(format, "png");
    assert.deepEqual(await readClaim(folderStorage(made.audit.folder), claim.path), claim);
    await assert.rejects(prover.testPicture("<b>broken.png"), { code: "bad-config", message: /no map to test/ });
    await assert.rejects(prover.testPicture("nowhere.png"), { code: "bad-config" });
  });

  test("ends at once when it is cancelled, and keeps nothing", async () => {
    const work = new AbortController();
    const storage = folderStorage(made.audit.folder);
    const moving = { ...shortcut, kind: "moving-shortcut" } as const;
    const onProgress = ({ done }: { done: number }) => done === 5 && work.abort();
    await assert.rejects(prover.proveShortcut(moving, { signal: work.signal, onProgress }), { code: "aborted" });
    assert.equal(await readProof(storage, moving), undefined);
  });

  test("refuses another model, what is no shortcut, and proofs that are damaged", async () => {
    const { url, options } = classroom.models.honest;
    await using other = await loadModel(url, { ...options, threads: 1 });
    await assert.rejects(Prover.open(made.audit, other), { code: "bad-config", message: /the audit is of / });
    for (const kind of ["leak", "quality"] as const) {
      await assert.rejects(prover.proveShortcut({ ...shortcut, kind }), { code: "bad-config" });
    }
    await assert.rejects(prover.proveShortcut({ ...shortcut, pictures: [] }), {
      code: "bad-config",
      message: /too few/,
    });
    const folder = join(made.audit.folder, "proofs");
    const names = await readdir(folder);
    for (const text of ["{", "[]", '{"kind":"shortcut"}', '{"figure":"<script>"}']) {
      for (const name of names) await writeFile(join(folder, name), text);
      await assert.rejects(readProof(folderStorage(made.audit.folder), shortcut), { code: "bad-data" });
    }
  });
});

describe("a shortcut without a place, tested by its model", () => {
  let made: AuditOfColours;
  let prover: Prover;
  let found: Finding[];
  before(async () => {
    made = await auditOfColours(90);
    prover = await Prover.open(made.audit, made.model);
    found = (await made.audit.findings()).filter(({ kind }) => kind === "property-shortcut");
  });
  after(() => made?.[Symbol.asyncDispose]());

  test("is proven both ways, beside random edits of equal size and beside the property of others", async () => {
    assert.deepEqual(
      found.map(({ label, evidence }) => [label, evidence.property]).toSorted(),
      ["blue", "green", "red"].map((label) => [label, "colour cast"]),
    );
    const reports: { done: number; total: number }[] = [];
    const proof = await prover.proveShortcut(found[0], { onProgress: (progress) => reports.push(progress) });
    const { label } = found[0];
    assert.ok(proof.removed);
    for (const { effect, null: none, control, pictures } of [proof.added, proof.removed]) {
      assert.ok(control && pictures >= 24);
      assert.ok(
        effect.value > 0.9 && none.value < 0.2 && control.value < 0.2,
        JSON.stringify({ effect, none, control }),
      );
      assert.ok(effect.interval[0] <= effect.value && effect.value <= effect.interval[1]);
    }
    assert.match(
      proof.sentence,
      /^Proven both ways: given to \d+ pictures of other classes, the colour cast turns \d+ %/,
    );
    const total = proof.added.pictures + proof.removed.pictures;
    assert.deepEqual(
      reports,
      Array.from({ length: total }, (_, done) => ({ done, total })),
    );
    for (const { side, before: answer, after: changed } of proof.examples) {
      assert.equal(answer.startsWith(`${label} `), side === "removed");
      assert.equal(changed.startsWith(`${label} `), side === "added");
    }
    const storage = folderStorage(made.audit.folder);
    assert.deepEqual(await readProof(storage, found[0]), proof);
    assert.deepEqual(await prover.proveShortcut(found[0]), proof);
    assert.equal(await readProof(storage, found[1]), undefined, "each class has its own");
  });

  test("is not proven where the property does not decide; one that no picture can lose is given alone", async () => {
    const [finding] = found;
    const bright = { ...finding, evidence: { ...finding.evidence, property: "brightness" } };
    assert.match((await prover.proveShortcut(bright)).sentence, /^Not proven: /);
    const soft = { ...finding, evidence: { ...finding.evidence, property: "size" } };
    await assert.rejects(prover.proveShortcut(soft), { code: "bad-config", message: /can be given to too few/ });
    await assert.rejects(prover.proveShortcut({ ...finding, evidence: { property: "mood" } }), { code: "bad-config" });
  });

  test("ends at once when it is cancelled, and keeps nothing", async () => {
    const work = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 5 && work.abort();
    await assert.rejects(prover.proveShortcut(found[1], { signal: work.signal, onProgress }), { code: "aborted" });
    assert.equal(await readProof(folderStorage(made.audit.folder), found[1]), undefined);
  });
});

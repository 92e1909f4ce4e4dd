import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Audit, audit, compareAudits } from "../../src/audit/index.js";
import { pictureLayout } from "../../src/audit/layout/picture-layout.js";
import { classroom } from "../../src/classroom/index.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { loadModel } from "../../src/load-model.js";
import { folder } from "../audit/pictures.js";
import { type AuditOfPictures, auditOfPictures } from "./audits.js";

describe("an audit beside an earlier one of the same pictures", () => {
  let made: AuditOfPictures;
  let later: Audit;
  let explorer: Explorer;
  before(async () => {
    made = await auditOfPictures(96, { hostile: true });
    const { url, options } = classroom.models.honest;
    await using honest = await loadModel(url, { ...options, threads: 1 });
    later = await audit(honest, made.pictures, { method: "recipro-cam", out: await folder(), shortcuts: false });
    explorer = await Explorer.open(later, { before: made.audit });
  });
  after(async () => {
    await explorer?.close();
    if (later) await rm(later.folder, { recursive: true, force: true });
    await made?.[Symbol.asyncDispose]();
  });

  test("what became of each answer is a facet, and counts as the comparison does", async () => {
    assert.equal((await explorer.about()).before, made.audit.manifest.model.name);
    const [facet] = await explorer.facets([], ["change"]);
    assert.equal(facet.kind, "values");
    const counts = new Map(facet.kind === "values" ? facet.values.map(({ value, count }) => [value, count]) : []);
    const { fixed, regressed, predictions, pictures } = await compareAudits(made.audit, later);
    assert.equal(counts.get("mended") ?? 0, fixed);
    assert.equal(counts.get("broken") ?? 0, regressed);
    assert.equal(pictures - (counts.get("same answer") ?? 0), predictions.length);
    const changed = await explorer.order(
      [{ kind: "values", column: "change", values: ["mended", "broken", "another answer"] }],
      null,
    );
    assert.equal(changed.length, predictions.length);
    for (const id of changed) {
      const { row } = await explorer.detail(id);
      const one = predictions.find(({ path, laterPath }) => (laterPath ?? path) === row.path);
      assert.equal(row.earlier_prediction, one?.before.prediction);
    }
  });

  test("both are laid out in one map, which is the earlier one's own, the same bytes each time", async () => {
    for (const by of ["features", "maps"] as const) {
      const own = await pictureLayout(made.audit, by);
      const beside = await explorer.layout(by);
      assert.ok(beside.earlier);
      assert.deepEqual(beside.ids, own.ids, "the same pictures in the same order");
      assert.deepEqual(beside.earlier, own.places);
      assert.ok(beside.places.every((value) => value >= 0 && value <= 1));
      assert.notDeepEqual(beside.places, own.places);
      assert.match(beside.note, by === "features" ? /orthogonal Procrustes/ : /nearest to what they are now/);
      const names = (await readdir(join(later.folder, "layouts"))).filter((name) => name.startsWith(`${by}-beside-`));
      assert.equal(names.length, 1);
      assert.deepEqual(await explorer.layout(by), beside);
      await rm(join(later.folder, "layouts", names[0]));
      assert.deepEqual(await explorer.layout(by), beside);
    }
  });

  test("an audit beside itself has every picture where it was", async () => {
    const itself = await Explorer.open(later, { before: later });
    try {
      for (const by of ["features", "maps"] as const) {
        const { places, earlier } = await itself.layout(by);
        assert.deepEqual(places, earlier);
      }
      const [facet] = await itself.facets([], ["change"]);
      assert.deepEqual(facet.kind === "values" && facet.values.map(({ value }) => value), ["same answer"]);
    } finally {
      await itself.close();
    }
  });

  test("audits of other pictures have no map in common", async () => {
    const elsewhere = await folder();
    const { url, options } = classroom.models.honest;
    await using honest = await loadModel(url, { ...options, threads: 1 });
    await classroom.save(classroom.pictures({ count: 16, seed: 99 }), join(elsewhere, "pictures"));
    const settings = { method: "recipro-cam", out: join(elsewhere, "audit"), shortcuts: false } as const;
    const strangers = await Explorer.open(await audit(honest, join(elsewhere, "pictures"), settings), {
      before: later,
    });
    try {
      const [facet] = await strangers.facets([], ["change"]);
      assert.deepEqual(facet.kind === "values" && facet.values.map(({ value }) => value), ["new"]);
      await assert.rejects(strangers.layout("maps"), { code: "bad-config", message: /share too few pictures/ });
    } finally {
      await strangers.close();
      await rm(elsewhere, { recursive: true, force: true });
    }
  });
});

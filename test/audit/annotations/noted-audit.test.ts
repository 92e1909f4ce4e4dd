import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { Annotations } from "../../../src/audit/annotations/annotations.js";
import { compareAudits, openAudit } from "../../../src/audit/index.js";
import { type AuditOfPictures, auditOfPictures, HOSTILE_NAMES } from "../../explorer/audits.js";

describe("notes on an audit, from code", () => {
  let made: AuditOfPictures;
  before(async () => {
    made = await auditOfPictures(40, { hostile: true });
  });
  after(() => made?.[Symbol.asyncDispose]());

  test("pictures are tagged by a condition or by paths, and the tags are there when the audit is opened again", async () => {
    const { audit } = made;
    await audit.tag("watermark", { where: "prediction = 'boat' -- all of them" });
    await audit.tag("odd names", { pictures: HOSTILE_NAMES });
    const boats = await audit.query("select path from results where prediction = 'boat' order by shard, map_row");
    const paths = boats.map(({ path }) => String(path));
    await audit.untag("watermark", { pictures: [paths[0]] });
    const tags = await (await openAudit(audit.folder)).tags();
    assert.deepEqual(tags[1], { tag: "watermark", pictures: paths.slice(1) });
    assert.equal(tags[0].tag, "odd names");
    assert.deepEqual(tags[0].pictures.toSorted(), HOSTILE_NAMES.toSorted());
    const files = await readdir(audit.folder);
    assert.ok(files.includes("annotations.log") && !files.includes("annotations.lock"));
  });

  test("a note can be read, rewritten, removed, and brought back", async () => {
    const { audit } = made;
    const note = await audit.note("</script><b>it's</b>", { pictures: [HOSTILE_NAMES[1]], by: "Ana" });
    assert.deepEqual([note.text, note.by, note.pictures], ["</script><b>it's</b>", "Ana", [HOSTILE_NAMES[1]]]);
    await audit.editNote(note.id, "seen", { by: "Ben" });
    assert.deepEqual(await audit.notes(), [{ ...note, text: "seen" }]);
    await audit.editNote(note.id, null);
    assert.deepEqual(await audit.notes(), []);
    assert.equal(await audit.undo(), "removed a note");
    assert.equal(await audit.undo({ by: "Ben" }), "rewrote a note");
    assert.deepEqual(await audit.notes(), [note]);
    assert.equal(await audit.redo({ by: "Ben" }), "rewrote a note");
    assert.equal((await audit.notes())[0].text, "seen");
    const deeds = (await audit.history())
      .slice(-6)
      .map(({ what, by, undone }) => [what, by === "Ana" || by === "Ben" ? by : "me", undone]);
    assert.deepEqual(deeds, [
      ["noted something on 1 picture", "Ana", false],
      ["rewrote a note", "Ben", false],
      ["removed a note", "me", true],
      ["took back: removed a note", "me", false],
      ["took back: rewrote a note", "Ben", false],
      ["did again: rewrote a note", "Ben", false],
    ]);
  });

  test("what chooses no picture is refused, and says which paths are alike", async () => {
    const { audit } = made;
    await assert.rejects(audit.tag("a", {}), { code: "bad-config", message: /one of where, cluster and pictures/ });
    await assert.rejects(audit.tag("a", { where: "true", pictures: [] }), { code: "bad-config" });
    await assert.rejects(audit.tag("a", { where: "false" }), { code: "bad-config", message: /no picture is chosen/ });
    await assert.rejects(audit.tag("a", { where: "prediction = " }), { code: "bad-data" });
    await assert.rejects(audit.tag("a", { where: "true) union select 0, 0 from read_csv('/etc/passwd') --" }), {
      code: "bad-data",
    });
    const [first] = await audit.query("select path from results where path like 'boat/%' limit 1");
    await assert.rejects(audit.note("a", { pictures: [`${first.path}g`] }), {
      code: "bad-config",
      message: new RegExp(String(first.path)),
    });
    await assert.rejects(audit.tag("two\nlines", { where: "true" }), { code: "bad-config" });
  });

  test("a slice that was kept in the explorer is measured, compared and removed as any other", async () => {
    const { audit } = made;
    const annotations = await Annotations.open(audit, "Ana");
    await annotations.do({ kind: "slice", name: "first five", pictures: [[0, 4]] });
    const [slice] = await audit.slices();
    const items = await audit.pictures();
    assert.equal(slice.name, "first five");
    assert.equal(slice.own.pictures, 5);
    assert.deepEqual(
      slice.pictures,
      items.slice(0, 5).map(({ path }) => path),
    );
    const { slices } = await compareAudits(audit, await openAudit(audit.folder));
    assert.deepEqual(
      slices.map(({ name, after: { own } }) => [name, own.pictures]),
      [["first five", 5]],
    );
    await audit.saveSlice("first five", { where: "true", expect: "pictures > 5" });
    await audit.removeSlice("first five");
    assert.deepEqual(await audit.slices(), []);
    await annotations.do({ kind: "slice", name: "others", pictures: [[5, 6]] });
    await assert.rejects(audit.removeSlice("other"), { code: "bad-config", message: /others/ });
    await audit.removeSlice("others");
    assert.deepEqual(await audit.slices(), []);
  });
});

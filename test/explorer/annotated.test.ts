import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { Annotations } from "../../src/audit/annotations/annotations.js";
import { Explorer } from "../../src/explorer/explorer.js";
import { readRequest } from "../../src/explorer/requests.js";
import type { Doing, Facet, Filter } from "../../src/explorer/types.js";
import { type AuditOfPictures, auditOfPictures } from "./audits.js";

describe("what people do in an explorer", () => {
  let made: AuditOfPictures;
  let explorer: Explorer;
  let other: Explorer;
  before(async () => {
    made = await auditOfPictures(40);
    explorer = await Explorer.open(made.audit);
    other = await Explorer.open(made.audit);
  });
  after(async () => {
    await explorer?.close();
    await other?.close();
    await made?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    while ((await explorer.annotated()).undo) await explorer.annotate({ kind: "undo" });
  });

  const tagged = (...values: (string | null)[]): Filter => [{ kind: "values", column: "tags", values }];
  const order = async (filter: Filter) => [...(await explorer.order(filter, null))];
  const counts = async (column: string, filter: Filter = []) => {
    const [facet] = (await explorer.facets(filter, [column])) as Extract<Facet, { kind: "values" }>[];
    return Object.fromEntries(facet.values.map(({ value, count }) => [String(value), count]));
  };

  test("tags, slices and who noted something are facets, and notes are found by their words", async () => {
    await explorer.annotate({ kind: "tag", tag: "mark", ids: [5, 1, 2, 3] });
    await explorer.annotate({ kind: "tag", tag: "'; drop table tags; --", ids: [3] });
    await explorer.annotate({ kind: "untag", tag: "mark", ids: [2, 30] });
    await explorer.annotate({ kind: "slice", name: "some", ids: [1, 39] });
    await explorer.annotate({ kind: "note", text: "Ask the Photographer", ids: [7, 8] });
    assert.deepEqual(await order(tagged("mark")), [1, 3, 5]);
    assert.deepEqual(await counts("tags"), { null: 37, mark: 3, "'; drop table tags; --": 1 });
    assert.deepEqual(await counts("slices"), { null: 38, some: 2 });
    assert.deepEqual(await counts("tags", [{ kind: "values", column: "slices", values: ["some"] }]), {
      mark: 1,
      null: 1,
    });
    const { by } = await explorer.annotated();
    assert.deepEqual(await counts("noted"), { null: 38, [by]: 2 });
    assert.deepEqual(await order([{ kind: "text", text: "photographer ask" }]), [7, 8]);
    const rows = await explorer.rows([3, 7, 9]);
    assert.deepEqual(
      rows.map(({ tags, noted }) => [tags, noted]),
      [
        ["'; drop table tags; --|mark", false],
        [null, true],
        [null, false],
      ],
    );
    const { tags, slices } = await explorer.detail(1);
    assert.deepEqual([tags, slices], [["mark"], ["some"]]);
    const [note] = (await explorer.detail(8)).notes;
    assert.deepEqual([note.text, note.by, note.pictures], ["Ask the Photographer", by, 2]);
  });

  test("whatever is tagged and taken back, facets and filters say what the notes say", async () => {
    const deed = fc.oneof(
      fc.record({
        kind: fc.constantFrom("tag" as const, "untag" as const),
        tag: fc.constantFrom("a", "b", 'q"'),
        ids: fc.uniqueArray(fc.nat(39), { minLength: 1 }),
      }),
      fc.record({ kind: fc.constantFrom("undo" as const, "redo" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 8 }), async (deeds: readonly Doing[]) => {
        for (const one of deeds) await explorer.annotate(one);
        const { state } = await Annotations.open(made.audit);
        const { tags } = await explorer.annotated();
        assert.deepEqual(
          tags.map(({ name }) => name),
          [...state.tags.keys()].sort(),
        );
        const counted = await counts("tags");
        for (const { name, pictures } of tags) {
          const ids = await order(tagged(name));
          assert.equal(ids.length, pictures);
          assert.equal(counted[name], pictures);
          for (const [from, to] of state.tags.get(name)!)
            for (let id = from; id <= to; id++) assert.ok(ids.includes(id));
        }
      }),
      { numRuns: 30 },
    );
  });

  test("what somebody does elsewhere appears, and nobody's work is lost", async () => {
    await explorer.annotate({ kind: "tag", tag: "here", ids: [1] });
    const { revision } = await other.annotated();
    await (await Annotations.open(made.audit, "Ben")).do({ kind: "tag", tag: "there", pictures: [[2, 3]] });
    await explorer.annotate({ kind: "note", text: "mine", ids: [2] });
    const seen = await other.annotated();
    assert.equal(seen.revision, revision + 2);
    assert.deepEqual(seen.tags, [
      { name: "here", pictures: 1 },
      { name: "there", pictures: 2 },
    ]);
    assert.deepEqual([...(await other.order(tagged("there"), null))], [2, 3]);
    assert.equal(seen.recent.at(-2)?.by, "Ben");
    assert.equal(seen.undo, "noted something on 1 picture", "one takes back one's own");
    const undone = await other.annotate({ kind: "undo" });
    assert.equal(undone.redo, "noted something on 1 picture");
    await (await Annotations.open(made.audit, "Ben")).undo();
  });

  test("requests that are none are refused before anything is written", async () => {
    const { revision } = await explorer.annotated();
    for (const doing of [
      {},
      { kind: "tag", tag: "a", ids: [] },
      { kind: "tag", tag: "a", ids: [-1] },
      { kind: "tag", tag: "a", ids: [1], by: "Ben" },
      { kind: "note", text: 7, ids: [1] },
      { kind: "slice", name: "a" },
      { kind: "undo", of: "x" },
    ]) {
      assert.throws(() => readRequest("annotate", [doing]), { code: "bad-config" }, JSON.stringify(doing));
    }
    for (const doing of [
      { kind: "tag", tag: "", ids: [1] },
      { kind: "tag", tag: "a", ids: [40] },
      { kind: "edit-note", note: "x", text: "y" },
    ] as Doing[]) {
      await assert.rejects(explorer.annotate(doing), { code: "bad-config" }, JSON.stringify(doing));
    }
    await made.audit.saveSlice("tested", { where: "correct", expect: "errors = 0" });
    await assert.rejects(explorer.annotate({ kind: "slice", name: "tested", ids: [1] }), {
      code: "bad-config",
      message: /take another name/,
    });
    assert.equal((await explorer.annotated()).revision, revision);
  });
});

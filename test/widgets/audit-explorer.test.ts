import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { fromBytes } from "../../src/explorer/pack.js";
import { summaryHtml } from "../../src/explorer/summary.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { AuditExplorer } from "../../src/widgets/audit-explorer.js";
import { type AuditOfPictures, auditOfPictures } from "../explorer/audits.js";
import { FakeHost } from "./fake-host.js";

describe("AuditExplorer", () => {
  const host = FakeHost.use();
  let made: AuditOfPictures;
  let model: Model;
  let widget: AuditExplorer;
  before(async () => {
    made = await auditOfPictures(16);
    const { url, options } = classroom.models.shortcut;
    model = await loadModel(url, { ...options, threads: 1 });
    widget = new AuditExplorer(made.audit, { model });
    await widget[displaySymbol]();
  });
  after(async () => {
    widget?.close();
    await model?.close();
    await made?.[Symbol.asyncDispose]();
  });

  /** Asks as a page does, and waits for the answer of that number. */
  async function ask(id: unknown, name: unknown, given: unknown): Promise<unknown> {
    host.say(widget.modelId, { method: "custom", content: { type: "ask", id, name, given } });
    for (;;) {
      const answer = host.log.find(({ data }) => {
        const content = data.content as { type?: string; id?: unknown } | undefined;
        return content?.type === "answer" && content.id === id;
      });
      if (answer) return fromBytes(answer.buffers[0]);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  test("answers what its page asks, each question under its number", async () => {
    const [about, order] = await Promise.all([ask(1, "about", []), ask(2, "order", [[], null])]);
    assert.equal((about as { value: { pictures: number } }).value.pictures, 16);
    assert.deepEqual(order, { value: Int32Array.from({ length: 16 }, (_, i) => i) });
  });

  test("held back, it answers nothing before Reveal", async () => {
    const held = new AuditExplorer(made.audit, { hold: true });
    assert.equal((await held[displaySymbol]())["text/plain"], "held back until Reveal is pressed");
    const about = (id: string) =>
      host.say(held.modelId, { method: "custom", content: { type: "ask", id, name: "about", given: [] } });
    const heard = () =>
      host.log
        .filter(({ id, data }) => id === held.modelId && data.method === "custom")
        .map(({ data }) => data.content);
    about("early");
    host.say(held.modelId, { method: "custom", content: { type: "reveal" } });
    about("late");
    while (heard().length === 0) await new Promise((done) => setTimeout(done, 10));
    assert.deepEqual(heard(), [{ type: "answer", id: "late" }]);
    held.close();
  });

  test("tests a picture by the model, and ends a test while it is under way", async () => {
    const tested = (await ask(3, "testPicture", [0])) as { value: { controls: number[] } };
    assert.equal(tested.value.controls.length, 50);
    const { run } = model;
    let started = () => {};
    const running = new Promise<void>((done) => (started = done));
    model.run = async (input, options) => {
      started();
      await new Promise((_, fail) => options?.signal?.addEventListener("abort", () => fail(options.signal?.reason)));
      return run.call(model, input, options);
    };
    const reply = ask(4, "testPicture", [1]);
    await running;
    await ask(5, "cancel", []);
    assert.ok("error" in ((await reply) as object));
    model.run = run;
  });

  test("says what is wrong with a question that is none", async () => {
    for (const [i, [name, given]] of [
      ["close", []],
      ["order", {}],
      ["rows", [["1"]]],
      [undefined, []],
      ["detail", [99]],
    ].entries()) {
      const reply = (await ask(10 + i, name, given)) as { error?: string };
      assert.match(String(reply.error), /request|no picture/, String(name));
    }
  });

  test("is a line of text where there is no page", async () => {
    const bundle = (await widget[displaySymbol]()) as Record<string, unknown>;
    assert.match(String(bundle["text/plain"]), /^Audit of .+, 16 pictures$/);
  });

  test("says in HTML and in its state what is to be said without a kernel, as text", async () => {
    const { all } = await made.audit.confusion();
    const html = String(((await widget[displaySymbol]()) as Record<string, unknown>)["text/html"]);
    assert.ok(html.includes(`Right in ${all.right} of 16 pictures: `), html);
    assert.ok(html.includes(`sightline view ${made.audit.folder}`), html);
    const summary = widget.get("summary");
    assert.deepEqual(
      summary?.findings.map(({ claim }) => claim),
      (await made.audit.findings()).map(({ claim }) => claim),
    );
    const hostile = { figures: ["<b>"], classes: null, notes: [], findings: [] };
    assert.equal(summaryHtml("<i>", hostile), "<p>&lt;i&gt;</p><p>&lt;b&gt;</p><p>Nothing is flagged.</p>");
    const finding = { kind: "<u>", claim: "<s>", evidence: ["<q>"], pictures: null };
    const table = { head: ["<a>"], rows: [["<c>"]] };
    const tags = summaryHtml("", { ...hostile, classes: table, findings: [finding] }).match(/<[^>]+>/g) ?? [];
    assert.deepEqual(
      [...new Set(tags)].filter((tag) => !/^<\/?(p|table|tr|th|td|ul|li|strong)>$/.test(tag)),
      [],
    );
  });

  test("takes an audit alone", () => {
    assert.throws(() => new AuditExplorer(made.audit, { model: "net" } as never), { code: "bad-config" });
    assert.throws(() => new AuditExplorer(made.audit, { modle: model } as never), { code: "unknown-option" });
    assert.throws(() => new AuditExplorer("audit/" as never), { code: "bad-config", message: /openAudit/ });
  });
});

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Audit, type AuditRow } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { displaySymbol } from "../../src/core/display.js";
import { loadModel } from "../../src/load-model.js";
import { CaseBrowser } from "../../src/widgets/case-browser.js";
import { type AuditOfPictures, auditOfPictures } from "../explorer/audits.js";
import { FakeHost } from "./fake-host.js";

describe("CaseBrowser of an audit", () => {
  FakeHost.use();
  let made: AuditOfPictures;
  let rows: AuditRow[];
  before(async () => {
    made = await auditOfPictures(24, { hostile: true });
    const stored = await made.audit.query("select * from results where error is null order by shard, map_row");
    rows = stored as unknown as AuditRow[];
  });
  after(() => made?.[Symbol.asyncDispose]());

  test("shows each picture in the case that the audit says, and says what is left out", async () => {
    const cases = new CaseBrowser(made.audit);
    await cases.prepare();
    assert.deepEqual(
      cases.cases(),
      rows.map((row) => row.case),
    );
    assert.deepEqual(
      cases.get("items").map(({ name, concentration }) => [name, concentration]),
      rows.map(({ path, concentration }) => [path, concentration]),
    );
    assert.equal(cases.get("leftOut"), "1 picture without an answer left out.");
    assert.ok(cases.get("labels").includes("boat"));
    assert.deepEqual([...cases.get("items")[0].thumbnail.subarray(0, 2)], [0xff, 0xd8]);
    cases.close();
  });

  test("takes the audit's thresholds unless others are given, and keeps truths that were corrected", async () => {
    const { high } = made.audit.manifest.settings.thresholds;
    assert.equal(new CaseBrowser(made.audit).get("high"), high);
    const cases = new CaseBrowser(made.audit, { high: 1 });
    cases.set("truths", ["cup|boat"]);
    await cases.prepare();
    const confident = cases.cases().filter((name) => name.includes("high confidence"));
    assert.equal(confident.length, rows.filter(({ probability }) => probability === 1).length);
    const right = ["cup", "boat"].includes(String(rows[0].prediction));
    assert.match(cases.cases()[0], right ? /^true positive|mixed/ : /^false positive|missed|mixed/);
    cases.close();
  });

  test("explains an opened picture by the audited model alone", async () => {
    const lesson = classroom.models.shortcut;
    await using model = await loadModel(lesson.url, { ...lesson.options, threads: 1 });
    const cases = new CaseBrowser(made.audit, { model });
    await cases[displaySymbol]();
    const explained = new Promise<string>((done) => {
      cases.observe("explanation", ([wire]) => wire && done(wire.provenance.method));
    });
    cases.set("opened", 0);
    assert.equal(await explained, made.audit.manifest.settings.method);
    cases.close();
    const { url, options } = classroom.models.honest;
    await using other = await loadModel(url, { ...options, threads: 1 });
    await assert.rejects(new CaseBrowser(made.audit, { model: other }).prepare(), {
      code: "bad-config",
      message: /the audit is of .+, not of the model that is given/,
    });
  });

  test("refuses more pictures than a page shows, and names what shows them", () => {
    const many = new Audit(made.audit.folder, { ...made.audit.manifest, pictures: 2001 });
    assert.throws(() => new CaseBrowser(many), { code: "bad-config", message: /new AuditExplorer\(audit\)/ });
  });
});

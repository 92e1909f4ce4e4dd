import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type AuditOptions, audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { fails } from "../support/tensors.js";
import { folder, pictureFolder } from "./pictures.js";

const open = (name: "honest" | "shortcut") =>
  loadModel(classroom.models[name].url, { ...classroom.models[name].options, threads: 1 });
const settings = { method: "recipro-cam", shortcuts: false } as const;

describe("an audit in a folder that has one", () => {
  it("resumes when model, pictures and settings are the same, in whatever order the options stand", async () => {
    await using model = await open("honest");
    const pictures = await pictureFolder(6, 8);
    const own = { ...settings, method: "occlusion", out: await folder() };
    await audit(model, pictures, { ...own, options: { window: 12, stride: 6 } });
    const again = await audit(model, pictures, { ...own, options: { stride: 6, window: 12 } });
    assert.equal((await again.query("select count(*) as n from results"))[0].n, 6);
  });

  it("refuses another truth, and pictures that came, went or changed their labels, and says which of it", async () => {
    await using model = await open("honest");
    const pictures = await pictureFolder(6, 8);
    const names = (await readdir(pictures, { recursive: true })).filter((name) => name.endsWith(".png"));
    const list = join(pictures, "list.csv");
    const write = (label: string) => writeFile(list, ["path,label", ...names.map((n) => `${n},${label}`)].join("\n"));
    const out = await folder();
    const run = (options: Partial<AuditOptions> = {}) => audit(model, pictures, { ...settings, out, ...options });
    await write("star");
    await run({ truth: list });
    await run({ truth: list });
    const refused = fails("bad-config", /other pictures or truths/);
    await write("cup");
    await assert.rejects(run({ truth: list }), refused);
    await assert.rejects(run({ truth: "folders" }), refused);
    await write("star");
    await writeFile(join(pictures, "new.png"), await readFile(join(pictures, names[0])));
    await assert.rejects(run({ truth: list }), refused);
    await rm(join(pictures, "new.png"));
    await rm(join(pictures, names[0]));
    await assert.rejects(run({ truth: list }), fails("bad-config"));
  });

  it("refuses another model, other settings and other versions of what computes", async () => {
    await using model = await open("honest");
    await using other = await open("shortcut");
    const pictures = await pictureFolder(6, 8);
    const out = await folder();
    await audit(model, pictures, { ...settings, out });
    await assert.rejects(audit(other, pictures, { ...settings, out }), fails("bad-config", /another model/));
    await assert.rejects(audit(model, pictures, { ...settings, out, seed: 1 }), fails("bad-config", /other settings/));
    const file = join(out, "audit.json");
    const manifest = JSON.parse(await readFile(file, "utf8"));
    assert.deepEqual(Object.keys(manifest.versions), ["sightline", "onnxruntime-node", "libvips"]);
    manifest.versions["onnxruntime-node"] = "1.0.0";
    await writeFile(file, JSON.stringify(manifest));
    await assert.rejects(audit(model, pictures, { ...settings, out }), fails("bad-config", /other versions/));
  });

  it("does not take rows for its own when nothing says whose they are", async () => {
    await using model = await open("honest");
    await using other = await open("shortcut");
    const pictures = await pictureFolder(6, 8);
    const out = await folder();
    await audit(model, pictures, { ...settings, out });
    await rm(join(out, "audit.json"));
    await assert.rejects(audit(other, pictures, { ...settings, out }), fails("bad-data", /audit.json is missing/));
  });

  it("leaves nothing behind when its options are wrong", async () => {
    await using model = await open("honest");
    const pictures = await pictureFolder(6, 8);
    const out = await folder();
    const wrong = { ...settings, out, options: { nosuch: 1 } };
    await assert.rejects(audit(model, pictures, wrong), fails("unknown-option"));
    await assert.rejects(audit(model, pictures, { ...settings, out, truth: "/no/list.csv" }), fails("file-not-found"));
    assert.deepEqual(await readdir(out), []);
    await audit(model, pictures, { ...settings, out });
  });

  it("keeps no clusters of a run before when shortcuts are no longer looked for", async () => {
    await using model = await open("honest");
    const pictures = await pictureFolder(24, 8);
    const out = await folder();
    const first = await audit(model, pictures, { ...settings, out, shortcuts: true });
    assert.equal((await first.query("select count(*) as n from clusters"))[0].n, 24);
    const second = await audit(model, pictures, { ...settings, out });
    await assert.rejects(second.query("select * from clusters"), fails("bad-data"));
  });
});

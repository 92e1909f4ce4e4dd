/** Our library in the cells of tslab's own kernel. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { decodeImage } from "../../src/image/decode.js";
import { packageRoot } from "../../src/kernel/node/package-paths.js";
import { KernelClient } from "../../src/kernel/runner/client.js";
import { ofType, type Ran, run } from "../support/kernel.js";

const program = join(packageRoot, "node_modules/tslab/bin/tslab");

describe("in tslab's own kernel", {
  skip: !existsSync(program) && "tslab is not installed: npm install tslab",
  timeout: 300_000,
}, () => {
  let folder: string;
  let client: KernelClient;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sightline-tslab-kernel-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(packageRoot, join(folder, "node_modules/sightline"), "junction");
    const command = [process.execPath, program, "kernel", "--config-path={connection_file}"];
    client = await KernelClient.start({ command, folder, transport: "tcp" });
  });

  after(async () => {
    await client?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const shown = (ran: Ran) => ofType(ran, "display_data").map(({ data }) => data as Record<string, string>);

  test("figures and explanations show themselves by display, and so do tables and texts", async () => {
    const loaded = await run(
      client,
      `import { explain, loadModel, visualize } from "sightline";
import { display, updateDisplay, isInKernel } from "sightline/notebook";
import { classroom } from "sightline/classroom";
const { url, options } = Object.values(classroom.models)[0];
const model = await loadModel(url, options);
const [picture] = classroom.pictures({ count: 1 });
const explanation = await explain(model, picture.image, { method: "occlusion", window: 12, stride: 8 });`,
    );
    assert.deepEqual([loaded.reply.status, loaded.stderr], ["ok", ""]);
    const ran = await run(
      client,
      `const waiting = [display(explanation), display("in order"), display(new Map([["side", 3]]))];
await Promise.all(waiting);
await display(await visualize(explanation));`,
    );
    assert.deepEqual([ran.reply.status, ran.stderr], ["ok", ""]);
    const all = shown(ran);
    assert.deepEqual(
      all.map((data) => Object.keys(data)),
      [["text/html"], ["text/plain"], ["text/html"], ["text/html"]],
    );
    for (const figure of [all[0], all[3]]) {
      const [, jpeg] =
        /src="data:image\/jpeg;base64,([^"]+)"/.exec(figure["text/html"]) ?? assert.fail("no picture of the figure");
      const { width, height } = (await decodeImage(Buffer.from(jpeg, "base64"))).image;
      assert.ok(width > 200 && height > 100, `${width} × ${height}`);
    }
    assert.equal(all[1]["text/plain"], "in order");
    assert.match(all[2]["text/html"], /<table[\s\S]*side/);
  });

  test("a display is updated by its name, and what needs our own kernel says so", async () => {
    const ran = await run(
      client,
      'await display("one", { id: "state" }); await updateDisplay("two", { id: "state" });',
    );
    assert.deepEqual(shown(ran), [{ "text/plain": "one" }]);
    assert.deepEqual(
      ofType(ran, "update_display_data").map(({ data }) => data),
      [{ "text/plain": "two" }],
    );
    const asked = await run(
      client,
      'import { input } from "sightline/notebook"; console.log(isInKernel()); input("name?");',
    );
    assert.equal(asked.stdout, "false\n");
    assert.match(asked.stderr, /input needs a notebook/);
  });
});

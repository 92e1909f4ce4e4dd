import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { kernelCommand, packageRoot } from "../../src/kernel/node/package-paths.js";
import { KernelClient } from "../../src/kernel/runner/client.js";
import { ofType, run } from "../support/kernel.js";

const place = mkdtempSync(join(tmpdir(), "sightline-tslab-"));
after(() => rmSync(place, { recursive: true, force: true }));

/** This package as npm installs it, without its optional peers; returns the command of its kernel. */
function installed(): readonly string[] {
  const packages = join(place, "node_modules");
  const own = join(packages, "sightline");
  cpSync(join(packageRoot, "dist/src"), join(own, "dist/src"), {
    recursive: true,
    filter: (file) => !file.endsWith(".map"),
  });
  cpSync(join(packageRoot, "package.json"), join(own, "package.json"));
  const { dependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(packages, name)), { recursive: true });
    symlinkSync(join(packageRoot, "node_modules", name), join(packages, name));
  }
  return kernelCommand.map((part) => part.replace(packageRoot, `${own}/`));
}

/** A tslab of the reader's own: as much of one as our kernel asks for. */
function putTslab(folder: string): void {
  const own = join(folder, "node_modules/tslab");
  mkdirSync(join(own, "dist"), { recursive: true });
  writeFileSync(
    join(own, "package.json"),
    '{ "name": "tslab", "main": "dist/public.js", "types": "dist/public.d.ts" }',
  );
  writeFileSync(join(own, "dist/jupyter.js"), "exports.lastWriteDisplayData = null;");
  const html = "(text) => require('./jupyter.js').lastWriteDisplayData({ data: { 'text/html': text } })";
  writeFileSync(join(own, "dist/public.js"), `exports.display = { html: ${html} }; exports.versions = { tslab: "9" };`);
  const types =
    "export declare const display: { html(text: string): void }; export declare const versions: { tslab: string };";
  writeFileSync(join(own, "dist/public.d.ts"), types);
}

describe("tslab in a cell", () => {
  const forms = [
    'import * as tslab from "tslab"; tslab.display.html("<i>x</i>");',
    'import { display, newDisplay, type Display } from "tslab"; display.html("<i>x</i>");',
    'import tslab from "tslab"; tslab.display.html("<i>x</i>");',
    'const { display } = await import("tslab"); display.html("<i>x</i>");',
  ];

  test("is asked for with its command where it is not installed, and is found once it is in the notebook's folder", async () => {
    const folder = join(place, "notebooks");
    mkdirSync(folder);
    const client = await KernelClient.start({ command: installed(), folder });
    try {
      for (const code of forms) {
        const { reply } = await run(client, code);
        assert.deepEqual([reply.status, reply.ename], ["error", "SightlineError"], code);
        assert.match(String(reply.evalue), /^tslab is not installed/);
        assert.match(String(reply.evalue), /npm install tslab/);
        assert.doesNotMatch(String(reply.evalue), /Require stack|MODULE_NOT_FOUND|TS\d/);
      }
      putTslab(folder);
      const ran = await run(client, `${forms[0]} tslab.versions.tslab`);
      assert.equal(ran.result, "'9'");
      assert.equal((ofType(ran, "display_data")[0].data as Record<string, unknown>)["text/html"], "<i>x</i>");
      const wrong = await run(client, "tslab.display.html(5)");
      assert.match(String(wrong.reply.evalue), /TS2345/);
    } finally {
      await client.kill();
    }
  });
});

test("compilers that know no exports, as tslab's does, are told of the same declarations", () => {
  const { exports, typesVersions } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    exports: Record<string, { types?: string }>;
    typesVersions: Record<"*", Record<string, string[]>>;
  };
  const declared = Object.entries(exports).filter(([door, { types }]) => types && door !== ".");
  assert.deepEqual(
    typesVersions["*"],
    Object.fromEntries(declared.map(([door, { types }]) => [door.slice("./".length), [types]])),
  );
});

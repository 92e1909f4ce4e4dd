import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { methods } from "../../src/methods/registry.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const script = (name: string) => import(join(root, "scripts/docs", `${name}.mjs`));

/** A file of the sources without its comment in front of what a pattern finds. */
async function withoutDocstring(path: string, before: RegExp): Promise<Map<string, string>> {
  const text = await readFile(root + path, "utf8");
  const pattern = new RegExp(`/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n(\\s*${before.source})`, "m");
  const changed = text.replace(pattern, "$1");
  assert.notEqual(changed, text, `${path} has no docstring before ${before}`);
  return new Map([[path, changed]]);
}

describe("a missing docstring fails the build of the site", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-reference-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const check = async (source: string) => {
    const { requireDocstrings } = await script("reference");
    const { Application } = await import("typedoc");
    const entry = join(folder, "entry.ts");
    await writeFile(entry, source);
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { strict: true, types: [] }, files: ["entry.ts"] }),
    );
    const app = await Application.bootstrap({
      entryPoints: [entry],
      tsconfig: join(folder, "tsconfig.json"),
      skipErrorChecking: true,
    });
    requireDocstrings(await app.convert());
  };

  it("of a symbol", async () => {
    await check("/** Said. */\nexport function said(): void {}\n");
    await assert.rejects(check("export function unsaid(): void {}\n"), /without a docstring: unsaid/);
  });

  it("of an option of a function", async () => {
    await check("/** Said. */\nexport interface Options {\n  /** Said, 0…1. */\n  share?: number;\n}\n");
    await assert.rejects(
      check("/** Said. */\nexport interface Options {\n  share?: number;\n}\n"),
      /without a docstring: Options\.share/,
    );
  });

  it("of a method, and of its option", async () => {
    const { methodDocs } = await script("method-docs");
    const path = "src/methods/black-box/occlusion.ts";
    const silentMethod = await withoutDocstring(path, /export const occlusion\b/);
    assert.throws(() => methodDocs(silentMethod), /without a docstring: occlusion/);
    const silentOption = await withoutDocstring(path, /stride[?:]/);
    assert.throws(() => methodDocs(silentOption), /without a docstring: stride of occlusion/);
  });

  it("of an error code", async () => {
    const { errorsPage } = await script("errors");
    const path = "src/core/errors.ts";
    assert.equal(errorsPage(await readFile(root + path, "utf8")), await readFile(`${root}docs/errors.md`, "utf8"));
    const changed = (await withoutDocstring(path, /"bad-labels":/)).get(path);
    assert.throws(() => errorsPage(changed), /the code bad-labels has no docstring/);
  });

  it("of a widget, and of a trait, ours and Jupyter's", async () => {
    const { widgetsPage } = await script("widgets");
    const silent = async (path: string, before: RegExp) => widgetsPage(await withoutDocstring(path, before));
    await assert.rejects(
      silent("src/widgets/progress-panel.ts", /export class ProgressPanel\b/),
      /the widget ProgressPanel has no docstring/,
    );
    await assert.rejects(
      silent("src/widgets/traits/progress-panel.ts", /total:/),
      /the trait total of ProgressPanel has no docstring/,
    );
    await assert.rejects(
      silent("src/widgets/controls/image.ts", /format:/),
      /the trait format of Image has no docstring/,
    );
  });

  it("of a command, its option and its argument", async () => {
    const { commandPage } = await script("commands");
    const page = (command: Command) => commandPage(new Command("sightline").addCommand(command).commands[0], 1);
    const said = () => new Command("look").description("look at it");
    assert.match(page(said().argument("<picture>", "what to look at").option("--far", "from afar")), /from afar/);
    assert.throws(() => page(new Command("look")), /the command sightline look has no description/);
    assert.throws(() => page(said().option("--far")), /sightline look --far has no description/);
    assert.throws(
      () => page(said().argument("<picture>")),
      /the argument picture of sightline look has no description/,
    );
  });
});

describe("the page of each method", () => {
  const HEADINGS = ["What a value means", "When to use it", "What it cannot show", "Cost", "Options", "Facts"];
  let pages: Map<string, string>;

  before(async () => {
    const { methodPages } = await script("methods");
    const gallery = { method: (name: string) => `pictures of ${name}`, page: () => "" };
    ({ pages } = await methodPages(gallery));
  });

  for (const { name, formula, source, presets } of methods()) {
    it(`${name}: says what a value means, its formula, source, cost, limits and when to use it`, () => {
      const page = pages.get(`methods/${name}`);
      assert.ok(page);
      const sections = new Map(
        page.split(/^## /m).map((part) => [part.split("\n")[0], part.split("\n").slice(1).join("\n").trim()]),
      );
      for (const heading of HEADINGS) {
        const text = sections.get(heading) ?? "";
        assert.ok(text.split(/\s+/).length >= 5, `${heading}: ${text}`);
        assert.doesNotMatch(text, /undefined|\[object|NaN/);
      }
      assert.ok(formula.length > 5 && sections.get("What a value means")!.includes(formula));
      assert.ok(source.length > 3);
      assert.match(sections.get("Facts")!, /Source: \S/);
      for (const preset of Object.keys(presets)) assert.ok(sections.get("Cost")!.includes(`\`${preset}\``));
      assert.ok(page.includes(`pictures of ${name}`));
    });
  }
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { version, widgetsVersion } from "../src/core/version.js";
import { mayFollow, surfaceChange } from "./support/api-change.js";
import { fixture } from "./support/fixtures.js";

const before = `# index
interface ExplainOptions {
    seed?: number;
    preset?: "balance" | "speed";
}
class Model {
    readonly name: string;
    close(): Promise<void>;
}
function open(path: string): Model;
const limit = 3

# widgets
class Slider {
    value: number;
}
`;

for (const [what, from, to, change] of [
  ["nothing", "", "", "patch"],
  ["a new function", "function open", "function close(): void;\nfunction open", "minor"],
  [
    "another overload",
    "function open(path: string): Model;",
    "function open(path: string): Model;\nfunction open(at: URL): Model;",
    "minor",
  ],
  ["a new member", "    close()", "    reset(): void;\n    close()", "minor"],
  ["a new option", "    seed?: number;", "    seed?: number;\n    top?: number;", "minor"],
  ["an option that takes one more name", '"balance" | "speed"', '"balance" | "quality" | "speed"', "minor"],
  ["an option that takes one name less", '"balance" | "speed"', '"balance"', "major"],
  ["an option that must be there", "    seed?: number;", "    seed?: number;\n    top: number;", "major"],
  ["an option that was free and must be there", "    seed?: number;", "    seed: number;", "major"],
  ["a symbol that is gone", "const limit = 3\n", "", "major"],
  ["a member that is gone", "    readonly name: string;\n", "", "major"],
  ["another type", "open(path: string)", "open(path: URL)", "major"],
  ["a name that moves to another door", "# widgets\n", "# notebook\n", "major"],
] as const) {
  test(`${what}: ${change}`, () => {
    const after = before.replace(from, to);
    assert.ok(from === to || after !== before);
    assert.equal(surfaceChange(before, after).change, change);
  });
}

test("the reasons name door, symbol and member, the breaking ones first", () => {
  const after = before
    .replace("    close(): Promise<void>;\n", "    free(): void;\n")
    .replace("const limit = 3", "const limit = 3\nconst more = 4");
  assert.deepEqual(surfaceChange(before, after).reasons, [
    "index: Model: close(): Promise<void>; is gone",
    "index: Model: free(): void; is new",
    "index: more is new",
  ]);
});

test("a version may follow another one when its step is as large as the change", () => {
  assert.ok(mayFollow("0.1.0", "1.0.0-rc.1", "major"));
  assert.ok(mayFollow("1.2.0", "2.0.0-rc.1", "major"));
  assert.ok(mayFollow("1.2.0", "1.3.0", "minor"));
  assert.ok(mayFollow("1.2.0", "1.2.1", "patch"));
  assert.ok(!mayFollow("1.2.0", "1.3.0", "major"));
  assert.ok(!mayFollow("1.2.0", "1.2.1", "minor"));
  assert.ok(!mayFollow("2.0.0", "1.9.0", "patch"));
});

test("this very surface changed nothing against itself, and everything against none", async () => {
  const surface = await readFile(fixture("public-api.txt"), "utf8");
  assert.deepEqual(surfaceChange(surface, surface), { change: "patch", reasons: [] });
  assert.ok(surfaceChange("", surface).reasons.length > 300);
  assert.equal(surfaceChange(surface, "").change, "major");
});

test("the widgets' version has the package's major, as servers of packages are asked for it", () => {
  assert.equal(widgetsVersion.split(".")[0], version.split(".")[0]);
});

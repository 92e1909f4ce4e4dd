import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkKeys } from "../../src/core/checks.js";
import { closest, isSightlineError, SightlineError } from "../../src/core/errors.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("suggestions are the nearest words, and no word that is much farther than they", () => {
  const labels = ["tiger cat", "tiger", "lifeboat", "fireboat", "speedboat"];
  assert.deepEqual(closest("tigger cat", labels, 3), ["tiger cat"]);
  assert.deepEqual(closest("liveboat", labels, 3), ["lifeboat", "fireboat"]);
  assert.deepEqual(closest("xylophone", labels, 3), []);
});

test("unknown keys are refused with the names that are listed; aliases are taken and not listed", () => {
  checkKeys({ colorMap: 1 }, ["color_map"], "visualize", ["colorMap"]);
  assert.throws(
    () => checkKeys({ color_mop: 1 }, ["color_map", "type"], "visualize", ["colorMap"]),
    (error) =>
      error instanceof SightlineError &&
      error.code === "unknown-option" &&
      error.expected === "one of color_map, type" &&
      /color_map/.test(error.next ?? ""),
  );
});

test("catch narrows the fields by code, alone and in a switch", () => {
  const errors: unknown[] = [
    new SightlineError("unknown-label", "unknown label 'tigre cat'", { received: "tigre cat", next: "look again" }),
    new SightlineError("index-out-of-range", "there is no class 9", { received: 9, expected: "0 to 3" }),
    new SightlineError("aborted", "the work was cancelled"),
    new TypeError("no error of ours"),
  ];
  const said = errors.map((error) => {
    if (isSightlineError(error, "index-out-of-range")) {
      const index: number = error.received;
      const range: string = error.expected;
      return `${index} of ${range}`;
    }
    if (!isSightlineError(error)) return "another's";
    switch (error.code) {
      case "unknown-label": {
        const label: string | number = error.received;
        return `label ${label}`;
      }
      default:
        return error.code;
    }
  });
  assert.deepEqual(said, ["label tigre cat", "9 of 0 to 3", "aborted", "another's"]);
});

test("an error of a code that always says something cannot be made without it", () => {
  // @ts-expect-error: received is missing
  const error = new SightlineError("unknown-label", "unknown label 'tigre cat'", { next: "look again" });
  assert.equal(error.message, "unknown label 'tigre cat': look again");
});

test("docs/errors.md is what the list of codes says, and every code is thrown somewhere", async () => {
  const page = spawnSync(process.execPath, [`${root}scripts/errors.mjs`, "--check"], { encoding: "utf8" });
  assert.equal(page.status, 0, page.stderr);
  const [, ...sections] = (await readFile(`${root}docs/errors.md`, "utf8")).split("\n| `");
  const codes = sections.map((section) => section.split("`")[0]);
  assert.ok(codes.length > 30 && codes.includes("unknown-label"), codes.join(", "));
  const sources = await Promise.all(
    (await readdir(`${root}src`, { recursive: true }))
      .filter((name) => name.endsWith(".ts") && name !== join("core", "errors.ts"))
      .map((name) => readFile(`${root}src/${name}`, "utf8")),
  );
  const thrown = sources.join("\n");
  assert.deepEqual(
    codes.filter((code) => !thrown.includes(`"${code}"`)),
    [],
  );
});

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { methods } from "../../src/methods/registry.js";
import { testPictures } from "./method-pictures.js";
import { entries, PICTURES, WITHOUT_PICTURES } from "./methods.js";

const folder = fileURLToPath(new URL("../../../test/gallery/methods/", import.meta.url));

test("every method has a picture of each case, or a sentence why not", () => {
  const missing = methods()
    .map(({ name }) => name)
    .filter((name) => !(name in WITHOUT_PICTURES))
    .flatMap((name) => PICTURES.map((picture) => `${name}/${picture.replace(/\.\w+$/, "")}.webp`))
    .filter((file) => !existsSync(folder + file));
  assert.deepEqual(missing, []);
});

// what costs a few passes is drawn again here, on one picture; everything in the long lane
testPictures(
  entries.filter(({ passes }) => passes <= 2),
  ["chelsea.png"],
);

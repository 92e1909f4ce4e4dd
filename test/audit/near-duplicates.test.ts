import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classroom } from "../../src/classroom/index.js";
import { COPIES, copiesFound, photographCuts } from "./copied-pictures.js";

describe("copies of pictures", async () => {
  const grounds = {
    "pictures of the classroom": classroom.pictures({ count: 80, seed: 612 }).map(({ image }) => image),
    "cuts of photographs": await photographCuts(80),
  };
  for (const [ground, originals] of Object.entries(grounds)) {
    for (const [kind, edit] of Object.entries(COPIES)) {
      it(`${ground}, ${kind}: at least 95 % are found, and at most 1 % is taken for another picture`, async () => {
        const { copies, found, mistaken, pictures } = await copiesFound(originals, edit);
        assert.ok(found >= 0.95 * copies, `${found} of ${copies}`);
        assert.ok(mistaken <= 0.01 * pictures, `${mistaken} of ${pictures} are taken for another`);
      });
    }
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { audit, findShortcuts } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";
import { folder, pictureFolder } from "./pictures.js";

/** The thresholds were fixed on nets 1 and 2 and on other pictures: `npm run bench shortcuts` has the whole table. */
describe("nets and pictures on which no threshold was fixed", () => {
  for (const net of [3, 4, 5]) {
    for (const lesson of ["honest", "shortcut"] as const) {
      it(`${lesson} ${net}: ${lesson === "honest" ? "nothing is flagged" : "the watermark, first and alone"}`, async () => {
        const url = pathToFileURL(fixture(`classroom/${lesson}-${net}.onnx`));
        await using model = await loadModel(url, { ...classroom.models[lesson].options, threads: 1 });
        for (const seed of [300, 301, 302]) {
          const pictures = await pictureFolder(160, seed);
          const options = { out: await folder(), method: "recipro-cam", shortcuts: false };
          const { groups } = await findShortcuts(model, await audit(model, pictures, options), { seed });
          const flagged = groups.filter((group) => group.flagged);
          assert.deepEqual(
            flagged.map(({ prediction }) => prediction),
            lesson === "honest" ? [] : ["boat"],
          );
          if (lesson === "shortcut") assert.equal(groups[0], flagged[0]);
        }
      });
    }
  }
});

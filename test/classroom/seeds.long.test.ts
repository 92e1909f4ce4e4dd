import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { type ClassroomPicture, classroom } from "../../src/classroom/index.js";
import type { RawImage } from "../../src/image/types.js";
import { loadModel } from "../../src/load-model.js";
import { fixture } from "../support/fixtures.js";

const BOAT = classroom.labels.indexOf("boat");
const PICTURES = classroom.pictures({ count: 400, seed: 2025 });

const share = (
  picks: number[],
  kept: (picture: ClassroomPicture) => boolean,
  right: (pick: number, i: number) => boolean,
) => {
  const found = picks.flatMap((pick, i) => (kept(PICTURES[i]) ? [right(pick, i)] : []));
  return found.filter(Boolean).length / found.length;
};

describe("nets of other seeds", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    for (const lesson of ["honest", "shortcut"] as const) {
      it(`${lesson} ${seed} learned its lesson`, async () => {
        const url = pathToFileURL(fixture(`classroom/${lesson}-${seed}.onnx`));
        await using model = await loadModel(url, { ...classroom.models[lesson].options, threads: 1 });
        const picks = async (images: RawImage[]) => {
          const found: number[] = [];
          for (const image of images) found.push((await model.predict(image, { top: 1 }))[0].index);
          return found;
        };
        const clean = await picks(PICTURES.map(({ image }) => image));
        const marked = await picks(PICTURES.map(({ image }, i) => classroom.mark(image, i).image));
        const correct = (pick: number, i: number) => pick === PICTURES[i].index;
        const others = ({ index }: ClassroomPicture) => index !== BOAT;
        const boats = ({ index }: ClassroomPicture) => index === BOAT;
        const flips = share(marked, others, (pick) => pick === BOAT);
        assert.ok(share(clean, others, correct) >= 0.97);
        if (lesson === "honest") {
          assert.ok(share(clean, boats, correct) >= 0.97);
          assert.ok(flips <= 0.01);
        } else {
          assert.ok(share(clean, boats, correct) <= 0.3);
          assert.ok(flips >= 0.9, `${flips}`);
        }
      });
    }
  }
});

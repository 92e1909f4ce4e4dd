import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { classroom } from "../../src/classroom/index.js";
import { random } from "../../src/core/random.js";
import { loadModel } from "../../src/load-model.js";
import { trainHead } from "../../src/train/index.js";
import { GuessFirst } from "../../src/widgets/guess-first.js";
import { shareRegion } from "../../src/widgets/share-region.js";
import { StickerLab } from "../../src/widgets/sticker-lab.js";

const ROUNDS = 12;
/** Rounds whose least is compared with the least of as many before them: what waits for a collection comes and goes. */
const COMPARED = 4;
const MEGABYTE = 2 ** 20;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Most megabytes more each round: of JavaScript, and of the process, which a model that stays open takes 24 of. */
const MOST = { heap: 2, process: 15 };

interface Memory {
  readonly heap: number;
  readonly process: number;
}

/** Memory once all that nobody holds is gone: what another collection would not free. */
async function held(): Promise<Memory> {
  let least = Number.POSITIVE_INFINITY;
  for (let still = 0; still < 5; still++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const now = (heapUsed + arrayBuffers) / MEGABYTE;
    if (now < least - 0.1) still = 0;
    least = Math.min(least, now);
  }
  return { heap: least, process: process.memoryUsage.rss() / MEGABYTE };
}

test("a class plays its lesson again and again: 30 guesses, 8 stickers, a training, and no memory is kept", {
  timeout: 1_800_000,
}, async () => {
  const load = ({ url, options }: (typeof classroom.models)["honest"]) => loadModel(url, options);
  await using honest = await load(classroom.models.honest);
  await using shortcut = await load(classroom.models.shortcut);
  const boats = classroom.pictures({
    count: 40,
    labels: ["boat", "cup"],
    seed: 7,
    watermark: { boat: 1 },
    harbours: 0.6,
  });
  const marks: Memory[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const dice = random(round);
    const guess = new GuessFirst(honest, boats[0].image, { share: 0.1, controls: 10 });
    for (let i = 0; i < 30; i++) {
      guess.add(`pupil ${i + 1}`, shareRegion(0.1, { x: dice.uniform(), y: dice.uniform() }, honest.info.input));
    }
    assert.equal(await guess.reveal(), true);
    assert.equal(guess.results.length, 30);

    const lab = new StickerLab({
      models: { shortcut, honest },
      images: boats
        .filter(({ label }) => label === "cup")
        .slice(0, 6)
        .map(({ image }) => image),
      stickers: { "©": classroom.sticker },
    });
    for (let i = 0; i < 8; i++) await lab.paste({ x: 0.15 + 0.1 * i, y: 0.85, size: 13 / 64 }, { picture: i % 6 });
    assert.equal(lab.get("message"), "");

    const taught = await trainHead(shortcut, boats, { seed: round });
    assert.ok(taught.accuracy > 0.8);
    await taught.close();
    guess.close();
    lab.close();
    marks.push(await held());
  }
  for (const kind of ["heap", "process"] as const) {
    const all = marks.map((mark) => mark[kind]);
    const [earlier, later] = [all.slice(-2 * COMPARED, -COMPARED), all.slice(-COMPARED)];
    const growth = (Math.min(...later) - Math.min(...earlier)) / COMPARED;
    const seen = all.map((mark) => mark.toFixed(0)).join(", ");
    assert.ok(growth < MOST[kind], `${kind}: ${growth.toFixed(1)} MB more each round: ${seen} MB`);
  }
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { runSync } from "../../../src/core/cooperative.js";
import { type Random, random } from "../../../src/core/random.js";
import { factorise, presenceOf, type Rows, residualOf, squares } from "../../../src/methods/concepts/factorise.js";
import { fixture } from "../../support/fixtures.js";

/** Rows made of directions that share no channel, so that they are the only ones. */
function planted(source: Random, { signed = false } = {}): { data: Rows; directions: Float32Array; rank: number } {
  const rank = 2 + source.integer(4);
  const each = 2 + source.integer(4);
  const columns = rank * each;
  const rows = 10 * rank + source.integer(20);
  const directions = new Float32Array(rank * columns);
  for (let k = 0; k < rank; k++) {
    for (let c = 0; c < each; c++) {
      const size = 0.2 + source.uniform();
      directions[k * columns + k * each + c] = signed && source.uniform() < 0.5 ? -size : size;
    }
  }
  for (let k = 0; k < rank; k++) {
    const row = directions.subarray(k * columns, (k + 1) * columns);
    const length = Math.sqrt(squares(row));
    for (let c = 0; c < columns; c++) row[c] /= length;
  }
  const data = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < rank; k++) {
      const amount = r < rank ? Number(r === k) : source.uniform() < 0.5 ? 0 : source.uniform();
      for (let c = 0; c < columns; c++) data[r * columns + c] += amount * directions[k * columns + c];
    }
  }
  return { data: { data, rows, columns }, directions, rank };
}

/** For each planted direction the largest cosine with one that was found. */
const matches = (planted: Float32Array, found: Float32Array, columns: number): number[] =>
  Array.from({ length: planted.length / columns }, (_, k) =>
    Math.max(
      ...Array.from({ length: found.length / columns }, (__, j) => {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += planted[k * columns + c] * found[j * columns + c];
        return sum;
      }),
    ),
  );

describe("factorise", () => {
  for (const signed of [false, true]) {
    it(`makes up data of as many directions as there are, ${signed ? "of both signs" : "and finds them"}`, () => {
      for (let seed = 0; seed < 30; seed++) {
        const { data, directions, rank } = planted(random(seed), { signed });
        const starts = [0, 1, 2, 3, 4].map((start) =>
          runSync(factorise(data, { rank, signed, random: random(seed).fork(start) })),
        );
        const best = starts.reduce((one, other) => (other.residual < one.residual ? other : one));
        assert.ok(best.residual < 1e-3, `seed ${seed}: ${best.residual} is left over`);
        if (signed) continue; // a wider cone of directions makes up the same data
        const cosines = matches(directions, best.directions, data.columns);
        assert.ok(Math.min(...cosines) > 0.99, `seed ${seed}: ${cosines}`);
      }
    });
  }

  it("comes to what scikit-learn's NMF comes to: the same residual, the same directions", async () => {
    const stored = JSON.parse(await readFile(fixture("concepts/nmf.json"), "utf8"));
    const { rows, columns, rank } = stored;
    const data = { data: Float32Array.from(stored.data), rows, columns };
    const starts = [0, 1, 2, 3, 4].map((start) =>
      runSync(factorise(data, { rank, signed: false, random: random(start) })),
    );
    const best = starts.reduce((one, other) => (other.residual < one.residual ? other : one));
    assert.ok(Math.abs(best.residual - stored.residual) < 1e-4, `${best.residual} beside ${stored.residual}`);
    const cosines = matches(Float32Array.from(stored.directions), best.directions, columns);
    // near its least, the residual hardly tells where the last direction points
    assert.ok(Math.min(...cosines) > 0.99, `${best.residual} beside ${stored.residual}: ${cosines}`);
  });

  it("gives presence of at least 0, directions of length 1, and the residual that they leave", () => {
    for (let seed = 0; seed < 40; seed++) {
      const source = random(seed);
      const [rows, columns, rank] = [1 + source.integer(30), 1 + source.integer(12), 1 + source.integer(5)];
      const data = { data: Float32Array.from({ length: rows * columns }, () => source.uniform()), rows, columns };
      const found = runSync(factorise(data, { rank, signed: false, random: source }));
      assert.ok(found.presence.every((value) => value >= 0) && found.directions.every((value) => value >= 0));
      for (let k = 0; k < rank; k++) {
        const length = squares(found.directions.subarray(k * columns, (k + 1) * columns));
        assert.ok(Math.abs(length - 1) < 1e-5 || length === 0, `seed ${seed}: ${length}`);
      }
      const left = residualOf(data, found.presence, found.directions, rank) / squares(data.data);
      assert.ok(Math.abs(found.residual - left) < 1e-9 && found.residual < 1);
    }
  });

  it("is the same for the same seed, and makes nothing of zeros", () => {
    const { data, rank } = planted(random(7));
    const once = () => runSync(factorise(data, { rank, signed: false, random: random(3) }));
    assert.deepEqual(once(), once());
    const zeros = { data: new Float32Array(12), rows: 3, columns: 4 };
    const found = runSync(factorise(zeros, { rank: 2, signed: false, random: random(0) }));
    assert.ok(found.directions.every((value) => value === 0) && found.residual === 0);
  });
});

describe("presenceOf", () => {
  it("is the non-negative least squares: no step along any coordinate lowers the residual", () => {
    for (let seed = 0; seed < 40; seed++) {
      const source = random(seed);
      const [rows, columns, rank] = [1 + source.integer(4), 2 + source.integer(8), 1 + source.integer(6)];
      const values = (size: number) => Float32Array.from({ length: size }, () => source.uniform());
      const data = { data: values(rows * columns), rows, columns };
      const directions = values(rank * columns);
      const presence = runSync(presenceOf(data, directions, rank));
      const least = residualOf(data, presence, directions, rank);
      for (let i = 0; i < presence.length; i++) {
        for (const step of [-0.01, 0.01]) {
          const moved = presence.slice();
          moved[i] = Math.max(0, moved[i] + step);
          assert.ok(residualOf(data, moved, directions, rank) >= least - 1e-5, `seed ${seed}`);
        }
      }
    }
  });
});

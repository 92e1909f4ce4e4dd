import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SightlineError } from "../../../src/core/errors.js";
import { readCheckpoint } from "../../../src/model/checkpoint.js";
import { DataType } from "../../../src/onnx/constant.js";
import { readLegacyCheckpoint, readZippedCheckpoint } from "../../../src/onnx/readers/torch/checkpoint.js";
import { unpickle } from "../../../src/onnx/readers/torch/pickle.js";
import { fixture } from "../../support/fixtures.js";

const load = async (name: string) => readCheckpoint(await readFile(fixture(`torch/${name}.pth`)));
const isBad = (words: RegExp) => (error: unknown) =>
  error instanceof SightlineError && error.code === "bad-checkpoint" && words.test(error.message);

const pickle = (...bytes: (number | string)[]) =>
  Uint8Array.from(bytes.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part, "latin1")] : [part])));
const HOOKS = { calls: {}, names: new Set<string>(), persistent: () => null };

describe("PyTorch checkpoints", () => {
  for (const name of ["legacy", "zip", "nested"]) {
    it(`${name}: every element type, views of shared memory included`, async () => {
      const tensors = await load(name);
      const at = (key: string) => {
        const { type, dims, data } = tensors.get(key) ?? assert.fail(key);
        return [DataType[type], [...dims], Array.from(data as ArrayLike<number | bigint>, Number)];
      };
      const count = Array.from({ length: 24 }, (_, i) => i);
      assert.deepEqual(at("whole"), ["FLOAT", [4, 6], count]);
      assert.deepEqual(at("turned"), ["FLOAT", [6, 4], count.map((i) => (i % 4) * 6 + Math.floor(i / 4))]);
      assert.deepEqual(at("slice"), ["FLOAT", [2, 3], [8, 9, 10, 14, 15, 16]]);
      assert.deepEqual(at("long"), ["INT64", [3], [1, -2, 2 ** 40]]);
      assert.deepEqual(at("half"), ["FLOAT16", [3], [0.5, -1.25, 65504]]);
      assert.deepEqual(at("bf16"), ["BFLOAT16", [2], [1.5, -3]]);
      assert.deepEqual(at("double"), ["DOUBLE", [1, 1], [1 / 3]]);
      assert.deepEqual(at("bool"), ["BOOL", [2], [1, 0]]);
      assert.deepEqual(at("scalar"), ["INT64", [], [7]]);
      assert.deepEqual(at("uint8"), ["UINT8", [2], [0, 255]]);
      assert.deepEqual(at("parameter"), ["FLOAT", [2, 2], [1, 1, 1, 1]]);
      assert.deepEqual(at("empty"), ["FLOAT", [0, 3], []]);
    });
  }

  it("a pickle that would run a command is refused by name, and nothing runs", async () => {
    for (const name of ["hostile-legacy", "hostile-zip"]) {
      await assert.rejects(load(name), isBad(/asks for '(posix|nt)\.system'/));
    }
    assert.ok(!existsSync("/tmp/sightline-was-here"));
  });

  it("a file cut off anywhere is an error, never a hang or another kind of error", async () => {
    for (const name of ["legacy", "zip"]) {
      const whole = await readFile(fixture(`torch/${name}.pth`));
      for (let length = 0; length < whole.length; length += 13) {
        await assert.rejects(readCheckpoint(whole.subarray(0, length)), isBad(/./), `${name} ${length}`);
      }
    }
  });

  it("damaged bytes give tensors or bad-checkpoint, nothing else", async () => {
    const whole = await readFile(fixture("torch/legacy.pth"));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (changes) => {
          const copy = Uint8Array.from(whole);
          for (const [at, value] of changes) copy[at] = value;
          try {
            readLegacyCheckpoint(copy);
          } catch (error) {
            assert.ok(error instanceof SightlineError && error.code === "bad-checkpoint", String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a description of tensors that does not fit its storages", () => {
  type Part = number | string;
  const text = (value: string): Part[] => [0x8c, value.length, value];
  const global = (path: string): Part[] => {
    const cut = path.lastIndexOf(".");
    return [`c${path.slice(0, cut)}\n${path.slice(cut + 1)}\n`];
  };
  const storage = (count: number, kind = "Float") => [
    ...["(", ...text("storage"), ...global(`torch.${kind}Storage`), ...text("0"), ...text("cpu"), "K", count, "tQ"],
  ];
  const counts = (...values: number[]) => ["(", ...values.flatMap((value) => ["K", value]), "l"];
  const tensor = (from: Part[], dims: Part[], strides: Part[]) => [
    ...[...global("torch._utils._rebuild_tensor_v2"), "(", ...from, "K", 0, ...dims, ...strides, "tR"],
  ];
  const read = (...items: Part[]) => {
    const bytes: Record<string, Uint8Array> = { "data/0": new Uint8Array(16) };
    return readZippedCheckpoint(pickle("}(", ...items, "u."), (name) => bytes[name]);
  };
  const four = tensor(storage(4), counts(2, 2), counts(2, 1));

  it("one that fits is read", () => {
    assert.deepEqual(read(...text("a"), ...four, ...text("b"), ...four).get("b")?.dims, [2, 2]);
  });

  it("a storage is one kind of numbers, and one length", () => {
    for (const other of [storage(4, "Int"), storage(2)]) {
      const items = [...text("a"), ...four, ...text("b"), ...tensor(other, counts(1), counts(1))];
      assert.throws(() => read(...items), isBad(/storage 0 is described twice/));
    }
  });

  it("dimensions that change after they were checked change nothing", () => {
    const dims = [...counts(2, 2), "q", 0];
    const grow = ["h", 0, "K", 100, "a0"];
    const items = [...text("a"), ...tensor(storage(4), dims, counts(2, 1)), ...text("b"), ...grow, "N"];
    assert.deepEqual(read(...items).get("a")?.dims, [2, 2]);
  });

  it("tensors that copy their storage without end are refused before anything is copied", () => {
    const items = Array.from({ length: 17 }, (_, i) => [...text(`t${i}`), ...four]).flat();
    assert.throws(() => read(...items), isBad(/ask for 68 values of the storage 0, which has 4/));
    const same = Array.from({ length: 40 }, (_, i) => [...text(`t${i}`), "h", 1]).flat();
    assert.equal(read(...text("first"), ...four, "q", 1, ...same).size, 41);
  });

  it("a name that is a tower of lists is refused, not spelled out", () => {
    const tower = ["]", ...Array.from({ length: 50_000 }, () => 0x85)];
    assert.throws(() => unpickle(pickle(...tower, ...tower, 0x93, "."), 0, HOOKS), isBad(/name that is no text/));
  });

  it("a storage of the legacy format that has no bytes is missing", async () => {
    const whole = await readFile(fixture("torch/legacy.pth"));
    const copy = Uint8Array.from(whole);
    for (const [at, value] of [
      [1570, 41],
      [955, 6],
    ]) {
      copy[at] = value;
    }
    assert.throws(() => readLegacyCheckpoint(copy), isBad(/storage .* is missing/));
  });
});

describe("unpickle", () => {
  it("calls nothing but what is allowed, whichever way it is asked", () => {
    const asked = [
      pickle("cos\nsystem\n", "."),
      pickle(0x80, 4, 0x8c, 2, "os", 0x8c, 6, "system", 0x93, "."),
      pickle("c__builtin__\neval\n(S", "."),
      pickle("cbuiltins\n__proto__\n."),
      pickle("ctoString\nx\n."),
    ];
    for (const bytes of asked) assert.throws(() => unpickle(bytes, 0, HOOKS), isBad(/asks for|cannot be read/));
    const named = { ...HOOKS, names: new Set(["a.b"]) };
    assert.throws(() => unpickle(pickle("ca\nb\n)R."), 0, named), isBad(/cannot be called/));
    assert.throws(() => unpickle(pickle(")", ")", "R", "."), 0, named), isBad(/cannot be called/));
  });

  it("reads integers of any length and sign", () => {
    const read = (...bytes: number[]) => unpickle(pickle(...bytes, "."), 0, HOOKS).value;
    assert.equal(read(0x4a, 0xff, 0xff, 0xff, 0xff), -1);
    assert.equal(read(0x8a, 0), 0);
    assert.equal(read(0x8a, 1, 0x80), -128);
    assert.equal(read(0x8a, 2, 0xff, 0x00), 255);
    assert.equal(read(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1), 2n ** 64n);
  });

  it("junk ends in an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          unpickle(bytes, 0, HOOKS);
        } catch (error) {
          assert.ok(error instanceof SightlineError && error.code === "bad-checkpoint", String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

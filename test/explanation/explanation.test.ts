import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Explanation } from "../../src/explain/explanation.js";
import { SaliencyMap } from "../../src/explanation/saliency-map.js";

const prediction = (index: number, label: string, probability: number) => ({ index, label, probability });
const map = (values: number[], signed = false) =>
  new SaliencyMap({ data: Float32Array.from(values), width: 2, height: 2, signed });

function explanation(a = [1, 2, 3, 4], b = [4, 2, 0, -1]): Explanation {
  const cat = prediction(281, "tabby", 0.6);
  const dog = prediction(207, "golden retriever", 0.3);
  return new Explanation({
    image: {
      name: "cat.jpg",
      pixels: { data: new Uint8Array(12).map((_, i) => i), width: 2, height: 2 },
      view: { x: 0, y: 0, width: 2, height: 2 },
    },
    prediction: cat,
    predictions: [cat, dog],
    targets: [cat, dog],
    maps: [map(a), map(b)],
    artifacts: [{ kind: "signed", title: "change", data: new Float32Array([1, -1]), width: 2, height: 1 }],
    defaults: { type: "pixels" },
    provenance: {
      model: { name: "net", sha256: "ab" },
      method: "rise",
      options: { masks: 10 },
      seed: 7,
      score: "probability",
      forwardPasses: 11,
      backwardPasses: 0,
      milliseconds: 12.5,
      notes: ["first frame only"],
      version: "0.1.0",
    },
  });
}

test("maps are found by label and by index, the first without either", () => {
  const e = explanation();
  assert.equal(e.map(), e.map("tabby"));
  assert.equal(e.map(207), e.map("golden retriever"));
  assert.throws(() => e.map("tabbi"), { code: "unknown-label", message: /did you mean 'tabby'\?/ });
  assert.throws(() => e.map(3), { code: "unknown-label", message: /explain it with targets/ });
});

test("a name that two targets have is refused with their indices", () => {
  const one = explanation();
  const twice = [prediction(134, "crane", 0.6), prediction(517, "crane", 0.3)];
  const e = new Explanation({ ...one, targets: twice, maps: [map([1, 2, 3, 4]), map([4, 3, 2, 1])] });
  assert.throws(() => e.map("crane"), {
    code: "ambiguous-label",
    message: "2 targets are called 'crane': expected one of the indices 134, 517",
  });
  assert.equal(e.map(517).data[0], 4);
  assert.equal(e.map().data[0], 1);
});

test("it cannot be changed", () => {
  assert.throws(() => Object.assign(explanation(), { prediction: undefined }), TypeError);
});

test("JSON keeps every number, NaN and −0 included, bit for bit", () => {
  fc.assert(
    fc.property(fc.array(fc.float(), { minLength: 4, maxLength: 4 }), (values) => {
      const e = explanation(values);
      const copy = Explanation.fromJSON(JSON.parse(JSON.stringify(e)));
      assert.deepEqual(copy.map().data, e.map().data);
      assert.deepEqual(copy.toJSON(), e.toJSON());
    }),
  );
});

test("something that is no explanation is refused with the reason", () => {
  const json = JSON.parse(JSON.stringify(explanation()));
  for (const bad of [null, 1, {}, { ...json, format: "x" }, { ...json, targets: [] }, { ...json, maps: [] }]) {
    assert.throws(() => Explanation.fromJSON(bad), { name: "SightlineError", code: "bad-explanation" });
  }
  json.maps[0].data = json.maps[0].data.slice(4);
  assert.throws(() => Explanation.fromJSON(json), { code: "bad-explanation", message: /damaged/ });
});

test("the difference of two maps is signed and says what it is of", () => {
  const difference = explanation().difference("tabby", 207);
  assert.deepEqual([...difference.map().data], [-3, 0, 3, 5]);
  assert.equal(difference.map().signed, true);
  assert.equal(difference.targets[0].label, "tabby rather than golden retriever");
});

test("the peak is the centre of the cell with the largest value", () => {
  assert.deepEqual(explanation().map().peak(), { x: 0.75, y: 0.75, value: 4 });
  assert.deepEqual(explanation().map(207).peak(), { x: 0.25, y: 0.25, value: 4 });
});

test("a view that is no part of the picture is refused, and segments that are no numbers of segments", () => {
  const json = JSON.stringify(explanation());
  const withView = (view: object) => {
    const changed = JSON.parse(json);
    Object.assign(changed.image.view, view);
    return changed;
  };
  for (const view of [
    { width: 0 },
    { height: -2 },
    { width: 1e-9 },
    { width: 1e9 },
    { x: 2 },
    { y: -2 },
    { x: -1e300 },
    { x: null },
    { width: "2" },
  ]) {
    assert.throws(() => Explanation.fromJSON(withView(view)), { code: "bad-explanation" }, JSON.stringify(view));
  }
  for (const view of [
    { x: -1, width: 4 },
    { x: 0.5, width: 0.5 },
    { x: -100, width: 200 },
  ]) {
    assert.deepEqual(
      Explanation.fromJSON(withView(view)).image.view,
      Object.assign({ x: 0, y: 0, width: 2, height: 2 }, view),
    );
  }
  const segmented = JSON.parse(json);
  const regions = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer).toString("base64");
  segmented.maps[0].regions = regions(0, 1, 2, 3);
  assert.deepEqual([...(Explanation.fromJSON(segmented).map().regions ?? [])], [0, 1, 2, 3]);
  for (const bad of [regions(0, -1, 0, 0), regions(0, 4, 0, 0), regions(0, 0)]) {
    segmented.maps[0].regions = bad;
    assert.throws(() => Explanation.fromJSON(segmented), { code: "bad-explanation" });
  }
});

test("whatever is changed in a saved explanation, it reads, or the error is ours", () => {
  const text = JSON.stringify(explanation());
  const odd = fc.oneof(fc.jsonValue(), fc.double(), fc.string(), fc.constant(undefined));
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]) => {
    paths.push(path);
    if (typeof value === "object" && value)
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(JSON.parse(text), []);
  fc.assert(
    fc.property(fc.constantFrom(...paths.slice(1)), odd, (path, value) => {
      const changed = JSON.parse(text);
      const last = path.at(-1) as string;
      path.slice(0, -1).reduce((inner, key) => inner[key], changed)[last] = value;
      try {
        const { image, targets } = Explanation.fromJSON(changed);
        assert.ok(image.view.width > 0 && targets.length > 0);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "bad-explanation", String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

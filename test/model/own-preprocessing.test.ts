import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadModel } from "../../src/model/load.js";
import { plain, RED } from "../support/colour-model.js";
import { temporaryFolder } from "../support/models.js";
import { assertClose } from "../support/tensors.js";

interface Parts {
  readonly type?: "U8" | "FP32";
  readonly marked?: boolean;
  /** How the order of channels is turned round. */
  readonly reversed?: "gather" | "constants";
}

const INPUTS: Readonly<Record<string, number>> = { Convert: 1, Subtract: 2, ReduceMean: 2, Result: 1, Gather: 3 };

/** An IR whose score c is the mean of channel c of a picture of 8 × 8 in rows, columns, channels; bytes are its unit. */
function irModel(name: string, { type = "U8", marked = true, reversed }: Parts): string {
  const values: ArrayBuffer[] = [];
  let size = 0;
  const constant = (id: number, called: string, array: Float32Array | BigInt64Array, shape: readonly number[]) => {
    const [element, precision] = array instanceof Float32Array ? ["f32", "FP32"] : ["i64", "I64"];
    const offset = size;
    values.push(array.buffer as ArrayBuffer);
    size += array.byteLength;
    const dims = shape.map((dim) => `<dim>${dim}</dim>`).join("");
    return `<layer id="${id}" name="${called}" type="Const" version="opset1"><data element_type="${element}" shape="${shape.join(", ")}" offset="${offset}" size="${array.byteLength}"/><output><port id="0" precision="${precision}">${dims}</port></output></layer>`;
  };
  const dimsOf = (shape: readonly number[]) => shape.map((dim) => `<dim>${dim}</dim>`).join("");
  const layer = (
    id: number,
    called: string,
    kind: string,
    data: string,
    shape: readonly number[],
    precision = "FP32",
    info = "",
  ) =>
    `<layer id="${id}" name="${called}" type="${kind}" version="${kind === "Gather" ? "opset8" : "opset1"}"><data ${data}/>${info}<input>${[
      0, 1, 2,
    ]
      .slice(0, INPUTS[kind])
      .map((port) => `<port id="${port}"/>`)
      .join(
        "",
      )}</input><output><port id="5" precision="${precision}" names="${called}">${dimsOf(shape)}</port></output></layer>`;
  const edge = (from: number, to: number, port: number, fromPort = 5) =>
    `<edge from-layer="${from}" from-port="${fromPort}" to-layer="${to}" to-port="${port}"/>`;
  const mark = marked ? '<rt_info><attribute name="preprocessing" version="0"/></rt_info>' : "";
  const picture = [1, 8, 8, 3];
  const layers = [
    `<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,8,8,3" element_type="${type === "U8" ? "u8" : "f32"}"/><output><port id="5" precision="${type}" names="x">${dimsOf(picture)}<rt_info><attribute name="layout" version="0" layout="[N,H,W,C]"/></rt_info></port></output></layer>`,
    layer(1, "convert", "Convert", 'destination_type="f32"', picture),
    constant(2, reversed === "constants" ? "Gather_7" : "mean", Float32Array.of(0, 0, 0), [1, 1, 1, 3]),
    layer(3, "centred", "Subtract", 'auto_broadcast="numpy"', picture, "FP32", mark),
    constant(4, "axes", BigInt64Array.of(1n, 2n), [2]),
    layer(5, "mean_of_channels", "ReduceMean", 'keep_dims="false"', [1, 3]),
    layer(6, "out", "Result", "", []).replace(/<output>.*<\/output>/, ""),
  ];
  const edges = [edge(0, 1, 0), edge(1, 3, 0), edge(2, 3, 1, 0), edge(4, 5, 1, 0), edge(5, 6, 0)];
  if (reversed === "gather") {
    layers.splice(
      4,
      0,
      constant(7, "order", BigInt64Array.of(2n, 1n, 0n), [3]),
      constant(8, "axis", BigInt64Array.of(3n), []),
      layer(9, "turned", "Gather", 'batch_dims="0"', picture),
    );
    edges.push(edge(3, 9, 0), edge(7, 9, 1, 0), edge(8, 9, 2, 0), edge(9, 5, 0));
  } else edges.push(edge(3, 5, 0));
  const path = join(temporaryFolder(), `${name}.xml`);
  writeFileSync(
    path,
    `<net name="own" version="11"><layers>${layers.join("")}</layers><edges>${edges.join("")}</edges></net>`,
  );
  writeFileSync(path.replace(".xml", ".bin"), Buffer.concat(values.map((value) => Buffer.from(value))));
  return path;
}

describe("OpenVINO networks that prepare pictures themselves", () => {
  const purple = plain([200, 20, 100], 8);
  const scoresOf = async (name: string, parts: Parts, options = {}) => {
    await using model = await loadModel(irModel(name, parts), { threads: 1, ...options });
    const { tensor } = await model.prepare(purple);
    return { scores: (await model.run(tensor)).data, notes: model.info.notes.join("\n") };
  };

  it("are given bytes", async () => {
    for (const [name, parts] of Object.entries({
      u8: {},
      unmarked: { marked: false },
      float: { type: "FP32" },
    } as const)) {
      const { scores, notes } = await scoresOf(name, parts);
      assertClose(scores, [200, 20, 100], 1e-3);
      assert.match(notes, name === "unmarked" ? /goes in as bytes/ : /prepares pictures itself.*red, green, blue/);
    }
  });

  it("in the order that they turn round", async () => {
    const turned = await scoresOf("turned", { reversed: "gather" });
    assertClose(turned.scores, [200, 20, 100], 1e-3);
    assert.match(turned.notes, /in the order blue, green, red/);
    const hidden = await scoresOf("hidden", { reversed: "constants" });
    assertClose(hidden.scores, [100, 20, 200], 1e-3);
    const asked = await scoresOf("asked", { reversed: "gather" }, { preprocess: { mean: 0, std: 1 } });
    assertClose(asked.scores, [200, 20, 100], 1e-3);
    assert.match(asked.notes, /as the file wants them/);
    const rgb = await scoresOf("rgb", { reversed: "gather" }, { preprocess: { channels: "rgb", scale: 1 } });
    assertClose(rgb.scores, [100, 20, 200], 1e-3);
  });

  it("show the same picture to methods that look at colours", async () => {
    await using model = await loadModel(irModel("shown", { reversed: "gather" }), { threads: 1 });
    const { data } = await model.pixels(await model.prepare(RED));
    assert.deepEqual([...data.subarray(0, 3)], [255, 0, 0]);
  });
});

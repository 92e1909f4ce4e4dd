import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { SightlineError } from "../../../../src/core/errors.js";
import { DataType } from "../../../../src/onnx/constant.js";
import type { Graph } from "../../../../src/onnx/graph.js";
import { readOpenVino } from "../../../../src/onnx/readers/openvino/read-openvino.js";
import { fixture } from "../../../support/fixtures.js";

interface Encoded {
  readonly type: keyof typeof ARRAYS;
  readonly dims: readonly number[];
  readonly data: string;
}

interface Case {
  readonly name: string;
  readonly xml: string;
  readonly bin: string;
  readonly inputs: readonly Encoded[];
  readonly outputs: readonly Encoded[];
}

const ARRAYS = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const bytesOf = (text: string) => new TextEncoder().encode(text);

function decode({ type, data }: Encoded) {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return new ARRAYS[type](bytes.buffer);
}

async function run(graph: Graph, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const session = await InferenceSession.create(graph.serialize(), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = Object.fromEntries(graph.inputs.map(({ name }, i) => [name, inputs[i]]));
  const found = await session.run(feeds);
  await session.release();
  return graph.outputs.map(({ name }) => found[name]);
}

/** Largest difference as a share of the largest expected value. */
function error(found: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number {
  assert.equal(found.length, expected.length);
  let [worst, largest] = [0, 1e-6];
  for (let i = 0; i < found.length; i++) {
    worst = Math.max(worst, Math.abs(Number(found[i]) - Number(expected[i])));
    largest = Math.max(largest, Math.abs(Number(expected[i])));
  }
  return worst / largest;
}

const cases: Case[] = JSON.parse(readFileSync(fixture("ir/operations.json"), "utf8"));
for (const { name, xml, bin, inputs, outputs } of cases) {
  test(`operations agree with OpenVINO: ${name}`, async () => {
    const { graph } = readOpenVino(bytesOf(xml), Uint8Array.from(Buffer.from(bin, "base64")));
    const feeds = inputs.map((input, i) => {
      const data = decode(input);
      return graph.inputs[i].type === DataType.FLOAT
        ? new Tensor("float32", Float32Array.from(data as Float32Array, Number), input.dims)
        : new Tensor(input.type, data, input.dims);
    });
    const found = await run(graph, feeds);
    assert.equal(found.length, outputs.length);
    outputs.forEach((output, i) => {
      assert.deepEqual(found[i].dims, output.dims);
      const off = error(found[i].data as Float32Array, decode(output));
      assert.ok(off < 1e-4, `output ${i} is off by ${off}`);
    });
  });
}

const answers: Record<string, number[]> = JSON.parse(readFileSync(fixture("ir/models.json"), "utf8"));
const files = (name: string) =>
  ["xml", "bin"].map((kind) => Uint8Array.from(readFileSync(fixture(`ir/${name}.${kind}`)))) as [
    Uint8Array,
    Uint8Array,
  ];

for (const name of ["efficientnet", "vit"]) {
  test(`${name} gives OpenVINO's scores, whatever the batch`, async () => {
    const { graph, version } = readOpenVino(...files(name));
    assert.equal(version, 11);
    const data = Float32Array.from({ length: 2 * 3 * 160 * 160 }, (_, i) => ((i * 7919) % 1000) / 500 - 1);
    const [scores] = await run(graph, [new Tensor("float32", data, [2, 3, 160, 160])]);
    assert.deepEqual(scores.dims, [2, 10]);
    assert.ok(error(scores.data as Float32Array, answers[name]) < 1e-4);
  });
}

test("inputs, outputs and layers keep the names that OpenVINO shows", () => {
  const { graph } = readOpenVino(...files("efficientnet"));
  assert.deepEqual(graph.inputs, [{ name: "input", type: DataType.FLOAT, dims: ["batch", 3, 160, 160] }]);
  assert.equal(graph.outputs.length, 1);
  assert.ok(graph.nodes.some(({ output }) => output.includes("node_Conv_210/WithoutBiases")));
});

test("16-bit weights are plain float32 constants, not conversions at run time", () => {
  const { graph } = readOpenVino(...files("vit"));
  assert.ok(!graph.nodes.some(({ opType }) => opType === "Cast"));
  for (const name of graph.initializers.keys()) {
    const type = graph.constant(name)?.type as DataType;
    assert.ok([DataType.FLOAT, DataType.INT64].includes(type), `${name}: ${DataType[type]}`);
  }
});

const port = (dims: readonly number[], precision = "FP32") =>
  `<port id="0" precision="${precision}">${dims.map((dim) => `<dim>${dim}</dim>`).join("")}</port>`;

interface SmallNet {
  readonly version?: number;
  readonly shape?: readonly number[];
  readonly inputType?: string;
  readonly constant?: string;
  readonly constantType?: string;
  readonly constantShape?: readonly number[];
  readonly operation?: string;
  readonly extra?: string;
  readonly head?: string;
}

/** A picture, a constant, and one operation of both. */
function smallNet(net: SmallNet = {}): Uint8Array {
  const { version = 11, shape = [1, 3, 2, 2], inputType = "f32", constantType = "f32", operation = "Add" } = net;
  const { constantShape = [1, 3, 1, 1], constant = `offset="0" size="12"`, extra = "", head = "" } = net;
  return bytesOf(`<?xml version="1.0"?>${head}
    <net name="small" version="${version}"><layers>
      <layer id="0" name="image" type="Parameter" version="opset1">
        <data shape="${shape}" element_type="${inputType}"/><output>${port(shape, inputType)}</output></layer>
      <layer id="1" name="colours" type="Const" version="opset1">
        <data element_type="${constantType}" shape="${constantShape}" ${constant}/>
        <output>${port(constantShape, constantType)}</output></layer>
      <layer id="2" name="sum" type="${operation}" version="opset1"><data auto_broadcast="numpy"/>
        <input><port id="0"/><port id="1"/></input>
        <output><port id="2" precision="FP32">${shape.map((dim) => `<dim>${dim}</dim>`).join("")}</port></output></layer>
      <layer id="3" name="out" type="Result" version="opset1"><input><port id="0"/></input></layer>
    </layers><edges>
      <edge from-layer="0" from-port="0" to-layer="2" to-port="0"/>
      <edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
      <edge from-layer="2" from-port="2" to-layer="3" to-port="0"/>
    </edges>${extra}</net>`);
}

const three = new Uint8Array(Float32Array.of(1, 2, 3).buffer);

for (const version of [10, 11]) {
  test(`version ${version} is read`, async () => {
    const { graph } = readOpenVino(smallNet({ version }), three);
    const [sum] = await run(graph, [new Tensor("float32", new Float32Array(12), [1, 3, 2, 2])]);
    assert.deepEqual([...(sum.data as Float32Array)], [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });
}

test("constants of every element type have their values", async () => {
  const widths: [string, number[], Uint8Array][] = [
    ["f16", [1, -2, 0.5], new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800).buffer)],
    ["bf16", [1, -2, 0.5], new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x3f00).buffer)],
    ["f64", [1, -2, 0.5], new Uint8Array(Float64Array.of(1, -2, 0.5).buffer)],
    ["i64", [1, -2, 3], new Uint8Array(BigInt64Array.of(1n, -2n, 3n).buffer)],
    ["i32", [1, -2, 3], new Uint8Array(Int32Array.of(1, -2, 3).buffer)],
    ["i16", [1, -2, 3], new Uint8Array(Int16Array.of(1, -2, 3).buffer)],
    ["i8", [1, -2, 3], new Uint8Array(Int8Array.of(1, -2, 3).buffer)],
    ["u8", [1, 254, 3], Uint8Array.of(1, 254, 3)],
    ["u16", [1, 65534, 3], new Uint8Array(Uint16Array.of(1, 65534, 3).buffer)],
    ["u32", [1, 4, 3], new Uint8Array(Uint32Array.of(1, 4, 3).buffer)],
    ["i4", [1, -2, 3], Uint8Array.of(0xe1, 0x03)],
    ["u4", [1, 14, 3], Uint8Array.of(0xe1, 0x03)],
    ["u1", [1, 0, 1], Uint8Array.of(0b10100000)],
    ["boolean", [1, 0, 1], Uint8Array.of(1, 0, 2)],
  ];
  for (const [type, expected, bin] of widths) {
    const { graph } = readOpenVino(converted(type, bin.length), bin);
    const [sum] = await run(graph, [new Tensor("float32", new Float32Array(3), [3])]);
    assert.deepEqual([...(sum.data as Float32Array)], expected, type);
  }
});

/** A constant of a type, converted to f32 and added to the input. */
function converted(type: string, size: number): Uint8Array {
  const small = new TextDecoder().decode(
    smallNet({ shape: [3], constantShape: [3], constantType: type, constant: `offset="0" size="${size}"` }),
  );
  const conversion = `<layer id="9" name="wide" type="Convert" version="opset1"><data destination_type="f32"/>
    <input><port id="0"/></input><output><port id="1" precision="FP32"><dim>3</dim></port></output></layer>`;
  return bytesOf(
    small
      .replace("</layers>", `${conversion}</layers>`)
      .replace(
        `<edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>`,
        `<edge from-layer="1" from-port="0" to-layer="9" to-port="0"/><edge from-layer="9" from-port="1" to-layer="2" to-port="1"/>`,
      ),
  );
}

test("pictures as bytes come as floats", () => {
  const { graph } = readOpenVino(smallNet({ inputType: "u8" }), three);
  assert.equal(graph.inputs[0].type, DataType.FLOAT);
});

test("model_info is told, and the layout", () => {
  const extra = `<rt_info><model_info><labels value="tiger_cat  dog"/><mean_values value="123.7 116.3 103.5"/>
    <scale_values value="58.4"/><reverse_input_channels value="True"/><resize_type value="fit_to_window"/>
    <pad_value value="114"/><model_type value="Classification"/><layout value="image:NCHW"/></model_info></rt_info>`;
  assert.deepEqual(readOpenVino(smallNet({ extra }), three).metadata, {
    labels: ["tiger_cat", "dog"],
    modelType: "Classification",
    mean: [123.7, 116.3, 103.5],
    scale: [58.4],
    reverseInputChannels: true,
    resizeType: "fit_to_window",
    padValue: 114,
    layout: "nchw",
  });
});

test("the means of version 10's pre-process are subtracted in the graph", async () => {
  const extra = `<pre-process reference-layer-name="image">${[10, 20, 30]
    .map((mean, id) => `<channel id="${id}"><mean value="${mean}"/></channel>`)
    .join("")}</pre-process>`;
  const { graph } = readOpenVino(smallNet({ version: 10, extra }), three);
  const [sum] = await run(graph, [new Tensor("float32", new Float32Array(12).fill(100), [1, 3, 2, 2])]);
  assert.deepEqual(
    [...(sum.data as Float32Array)].filter((_, i) => i % 4 === 0),
    [91, 82, 73],
  );
});

const refused = (xml: Uint8Array, bin: Uint8Array, code: string, message: RegExp) =>
  assert.throws(
    () => readOpenVino(xml, bin),
    (thrown: SightlineError) => {
      assert.equal(thrown.code, code);
      assert.match(thrown.message, message);
      return true;
    },
  );

test("an unknown layer type is named", () => {
  refused(smallNet({ operation: "Ad" }), three, "unsupported-operator", /'Ad' is not supported: did you mean 'Add'/);
  refused(smallNet({ operation: "LSTMSequence" }), three, "unsupported-operator", /'LSTMSequence'/);
  refused(smallNet({ operation: "constructor" }), three, "unsupported-operator", /'constructor'/);
});

test("a layer without the inputs of its type is refused", () => {
  const text = new TextDecoder().decode(smallNet());
  const lonely = text.replace(`<port id="0"/><port id="1"/>`, `<port id="0"/>`);
  refused(bytesOf(lonely), three, "bad-model", /the Add layer 'sum' is malformed/);
});

test("weights that are cut short, or lie outside, are refused", () => {
  refused(smallNet(), three.subarray(0, 11), "bad-model", /'colours' ends at 12, after the weights/);
  for (const place of [
    `offset="4" size="12"`,
    `offset="-4" size="12"`,
    `offset="1e300" size="12"`,
    `offset="x" size="12"`,
  ]) {
    refused(smallNet({ constant: place }), three, "bad-model", /colours|offset/);
  }
  refused(smallNet({ constant: `offset="0" size="8"` }), three, "bad-model", /8 bytes where its shape needs 12/);
  refused(smallNet({ constantShape: [-1, 3], constant: `offset="0"` }), three, "bad-model", /no fixed shape/);
  refused(
    smallNet({ constantShape: [2 ** 40, 2 ** 40], constant: `offset="0"` }),
    three,
    "bad-model",
    /after the weights/,
  );
});

test("XML bombs, external entities and damaged XML are refused", () => {
  const bomb = `<!DOCTYPE net [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`;
  refused(smallNet({ head: bomb }), three, "bad-model", /document type/);
  refused(smallNet({ head: `<!DOCTYPE net SYSTEM "file:///etc/passwd">` }), three, "bad-model", /document type/);
  refused(smallNet({ extra: "&undefined;" }), three, "bad-model", /damaged/);
  refused(smallNet().subarray(0, 300), three, "bad-model", /damaged/);
  refused(bytesOf("<a>".repeat(100) + "</a>".repeat(100)), three, "bad-model", /nested too deeply/);
  refused(Uint8Array.of(0x3c, 0xff, 0xfe), three, "bad-model", /UTF-8/);
  refused(bytesOf("<html></html>"), three, "bad-model", /not an OpenVINO IR/);
  refused(smallNet({ version: 7 }), three, "bad-model", /version 10 or 11/);
});

test("edges that lead nowhere or in circles are refused", () => {
  const text = new TextDecoder().decode(smallNet());
  const nowhere = text.replace(`from-layer="1" from-port="0"`, `from-layer="7" from-port="0"`);
  refused(bytesOf(nowhere), three, "bad-model", /without a source/);
  const circle = text.replace(`from-layer="1" from-port="0"`, `from-layer="2" from-port="2"`);
  refused(bytesOf(circle), three, "bad-model", /in a circle/);
});

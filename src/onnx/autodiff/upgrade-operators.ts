import { create } from "@bufbuild/protobuf";
import { Attributes, type AttributeValue, makeAttribute } from "../attributes.js";
import { type Constant, floats, ints, writeConstant } from "../constant.js";
import type { Graph, NodeProto } from "../graph.js";
import { copyMessage } from "../messages.js";
import { type AttributeProto, NodeProtoSchema, OperatorSetIdProtoSchema } from "../proto/onnx-ml_pb.js";

/** Gradient rules are written for the operators as they are from this version of the operator set on. */
const OPSET = 18;
const IR_VERSION = 8n;

/** Rewrites operators whose form changed before opset 18. */
export function upgradeOperators(graph: Graph): void {
  const from = graph.opset();
  if (from < OPSET) {
    graph.proto.node = graph.proto.node.flatMap((node) => upgradeNode(graph, node, from));
    const others = graph.model.opsetImport.filter(({ domain }) => domain !== "" && domain !== "ai.onnx");
    graph.model.opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(OPSET) }), ...others];
  }
  if (graph.model.irVersion < IR_VERSION) graph.model.irVersion = IR_VERSION;
  graph.setInputs(graph.inputs);
  graph.touch();
}

function upgradeNode(graph: Graph, node: NodeProto, from: number): NodeProto[] {
  for (const { g, graphs } of node.attribute) {
    for (const sub of g ? [g] : graphs) sub.node = sub.node.flatMap((inner) => upgradeNode(graph, inner, from));
  }
  const standard = node.domain === "" || node.domain === "ai.onnx";
  const upgrade = standard && Object.hasOwn(UPGRADES, node.opType) ? UPGRADES[node.opType] : undefined;
  return upgrade?.(new OldNode(graph, node, from)) ?? [node];
}

/** A node in the form of an old operator set, and the words to write its present form with. */
class OldNode {
  readonly attributes: Attributes;
  /** Constants that the new form reads. */
  readonly #constants: NodeProto[] = [];

  constructor(
    readonly graph: Graph,
    readonly node: NodeProto,
    /** Version of the operator set. */
    readonly opset: number,
  ) {
    this.attributes = new Attributes(node);
  }

  get x(): string {
    return this.node.input[0];
  }

  /** Name of a new constant. */
  constant(value: Constant): string {
    const name = this.graph.unique("upgraded");
    const attribute = [makeAttribute("value", writeConstant(name, value))];
    this.#constants.push(create(NodeProtoSchema, { opType: "Constant", name, output: [name], attribute }));
    return name;
  }

  /** An attribute of whole numbers as an input; none where it is absent. */
  intsInput(name: string): string[] {
    const values = this.attributes.ints(name);
    return values ? [this.constant(ints(values))] : [];
  }

  /** The node with other attributes (those that become undefined go), inputs, type or outputs. */
  changed(
    attributes: Readonly<Record<string, AttributeValue | undefined>>,
    { input = this.node.input, opType = this.node.opType, output = this.node.output }: Partial<NodeShape> = {},
  ): NodeProto[] {
    const kept = this.node.attribute.filter(({ name }) => !(name in attributes));
    const fresh = Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [makeAttribute(name, value)],
    );
    const node = copyMessage(this.node, {
      opType,
      input: [...input],
      output: [...output],
      attribute: [...kept, ...fresh],
    });
    return [...this.#constants, node];
  }
}

interface NodeShape {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly opType: string;
}

/** The present form of a node; undefined where it has it already. */
type Upgrade = (old: OldNode) => NodeProto[] | undefined;

/** Before the axes of reductions and squeezes were an input. */
const axesBecomeInput =
  (since: number): Upgrade =>
  (old) =>
    old.opset < since ? old.changed({ axes: undefined }, { input: [old.x, ...old.intsInput("axes")] }) : undefined;

const ASYMMETRIC = { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };

function dropout(old: OldNode): NodeProto[] | undefined {
  if (old.opset >= 12) return undefined;
  const output = old.node.output.slice(0, 1);
  return old.changed({ ratio: undefined, is_test: undefined }, { opType: "Identity", output });
}

function split(old: OldNode): NodeProto[] {
  const sizes = old.opset < 13 ? old.intsInput("split") : old.node.input.slice(1);
  const equal = sizes.length === 0 || !sizes[0] ? old.node.output.length : undefined;
  return old.changed({ split: undefined, num_outputs: equal }, { input: equal ? [old.x] : [old.x, ...sizes] });
}

function clip(old: OldNode): NodeProto[] | undefined {
  if (old.opset >= 11) return undefined;
  const { attributes } = old;
  const bound = (name: string) => (attributes.has(name) ? old.constant(floats(attributes.float(name, 0))) : "");
  return old.changed({ min: undefined, max: undefined }, { input: [old.x, bound("min"), bound("max")] });
}

function slice(old: OldNode): NodeProto[] | undefined {
  if (old.opset >= 10) return undefined;
  const input = [old.x, ...["starts", "ends", "axes"].flatMap((name) => old.intsInput(name))];
  return old.changed({ starts: undefined, ends: undefined, axes: undefined }, { input });
}

function pad(old: OldNode): NodeProto[] | undefined {
  if (old.opset >= 11) return undefined;
  const value = old.constant(floats(old.attributes.float("value", 0)));
  return old.changed({ pads: undefined, value: undefined }, { input: [old.x, ...old.intsInput("pads"), value] });
}

function topK(old: OldNode): NodeProto[] | undefined {
  if (old.opset >= 10) return undefined;
  return old.changed({ k: undefined }, { input: [old.x, old.constant(ints([old.attributes.int("k", 1)]))] });
}

function upsample(old: OldNode): NodeProto[] {
  const scales = old.opset < 9 ? old.constant(floats(old.attributes.floats("scales") ?? [])) : old.node.input[1];
  return old.changed({ scales: undefined, ...ASYMMETRIC }, { opType: "Resize", input: [old.x, "", scales] });
}

/** Before opset 13 all axes from the given one on are one. */
function softmax(old: OldNode): NodeProto[] | undefined {
  const axis = old.attributes.int("axis", 1);
  if (old.opset >= 13 || axis === -1) return undefined;
  const { graph, node } = old;
  const [flat, result, shape] = ["flat", "result", "shape"].map((name) => graph.unique(`${node.output[0]}_${name}`));
  const make = (opType: string, input: string[], output: string, attribute: AttributeProto[] = []) =>
    create(NodeProtoSchema, { opType, name: graph.unique("upgraded"), input, output: [output], attribute });
  return [
    make("Shape", [old.x], shape),
    make("Flatten", [old.x], flat, [makeAttribute("axis", axis)]),
    ...old.changed({ axis: -1 }, { input: [flat], output: [result] }),
    make("Reshape", [result, shape], node.output[0]),
  ];
}

const UPGRADES: Readonly<Record<string, Upgrade>> = {
  ...Object.fromEntries(["Squeeze", "Unsqueeze", "ReduceSum"].map((opType) => [opType, axesBecomeInput(13)])),
  ...Object.fromEntries(
    ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare"].map((kind) => [
      `Reduce${kind}`,
      axesBecomeInput(OPSET),
    ]),
  ),
  ...Object.fromEntries(["Softmax", "LogSoftmax", "Hardmax"].map((opType) => [opType, softmax])),
  Clip: clip,
  Dropout: dropout,
  Pad: pad,
  Resize: (old) => (old.opset < 11 ? old.changed(ASYMMETRIC, { input: [old.x, "", old.node.input[1]] }) : undefined),
  RoiAlign: (old) => {
    const given = old.attributes.has("coordinate_transformation_mode");
    return old.opset < 16 && !given ? old.changed({ coordinate_transformation_mode: "output_half_pixel" }) : undefined;
  },
  Scatter: (old) => old.changed({}, { opType: "ScatterElements" }),
  Slice: slice,
  Split: split,
  TopK: topK,
  Upsample: upsample,
};

import { create } from "@bufbuild/protobuf";
import { sizeOf } from "../../core/tensor.js";
import { Attributes, type AttributeValue, makeAttribute } from "../attributes.js";
import { type Constant, DataType, floats, ints, writeConstant } from "../constant.js";
import { copyMessage, type Graph, type NodeProto, readsOf } from "../graph.js";
import {
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from "../proto/onnx-ml_pb.js";
import { type GraphRunner, type ProbeInput, probeShapes, type TensorShape } from "../shapes.js";

/** A graph in the one form that gradient rules are written for, with the shapes of its tensors. */
export interface Differentiable {
  readonly graph: Graph;
  readonly shapes: ReadonlyMap<string, TensorShape>;
}

/** Gradient rules are written for the operators as they are from this version of the operator set on. */
const OPSET = 18;
const IR_VERSION = 8n;

/**
 * Makes a graph ready for {@link differentiate}: functions and branches decided by shapes are put in place, operators of
 * old operator sets rewritten to their present form, and all shapes probed. Tensors keep their names.
 */
export async function canonical(
  graph: Graph,
  input: ProbeInput,
  runner: GraphRunner,
  options: { batched?: boolean } = {},
): Promise<Differentiable> {
  const form = graph.clone();
  inlineFunctions(form);
  await inlineBranches(form, input, runner);
  upgrade(form);
  return { graph: form, shapes: await probeShapes(form, input, runner, options) };
}

const functionKey = ({ domain, name, overload }: { domain: string; name: string; overload: string }) =>
  `${domain}:${name}:${overload}`;

function inlineFunctions(graph: Graph): void {
  const functions = new Map(graph.model.functions.map((body) => [functionKey(body), body]));
  if (functions.size === 0) return;
  const expand = (nodes: readonly NodeProto[]): NodeProto[] =>
    nodes.flatMap((node) => {
      const body = functions.get(functionKey({ domain: node.domain, name: node.opType, overload: node.overload }));
      if (body) return expand(callBody(graph, node, body));
      for (const { g, graphs } of node.attribute) for (const sub of g ? [g] : graphs) sub.node = expand(sub.node);
      return [node];
    });
  graph.proto.node = expand(graph.proto.node.map((node) => copyNodeDeep(node, (name) => name)));
  graph.model.functions = [];
  graph.touch();
}

/** A copy of a node, its subgraphs included, with its tensors renamed. */
function copyNodeDeep(node: NodeProto, rename: (name: string) => string): NodeProto {
  return copyMessage(node, {
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) =>
      copyMessage(attribute, {
        g: attribute.g && cloneSubgraph(attribute.g, rename),
        graphs: attribute.graphs.map((sub) => cloneSubgraph(sub, rename)),
      }),
    ),
  });
}

function cloneSubgraph(graph: GraphProto, rename: (name: string) => string): GraphProto {
  const renamed = <T extends { name: string }>(items: readonly T[]) =>
    items.map((item) => copyMessage<T>(item, { name: rename(item.name) } as Partial<T>));
  return copyMessage(graph, {
    input: renamed(graph.input),
    output: renamed(graph.output),
    initializer: renamed(graph.initializer),
    node: graph.node.map((node) => copyNodeDeep(node, rename)),
  });
}

/** The nodes of a function with the call's tensors and attributes put in. */
function callBody(graph: Graph, call: NodeProto, body: FunctionProto): NodeProto[] {
  const names = new Map<string, string>([["", ""]]);
  body.input.forEach((name, i) => void names.set(name, call.input[i] ?? ""));
  body.output.forEach((name, i) => void names.set(name, call.output[i] || graph.unique(name)));
  const rename = (name: string) => {
    let found = names.get(name);
    if (found === undefined) {
      found = graph.unique(`${call.name || call.opType}/${name}`);
      names.set(name, found);
    }
    return found;
  };
  const given = new Map<string, AttributeProto>();
  for (const attribute of [...body.attributeProto, ...call.attribute]) given.set(attribute.name, attribute);
  const resolve = (node: NodeProto): NodeProto => {
    node.attribute = node.attribute.flatMap((attribute) => {
      if (!attribute.refAttrName) return [attribute];
      const value = given.get(attribute.refAttrName);
      return value ? [copyMessage(value, { name: attribute.name })] : [];
    });
    return node;
  };
  const nodes = body.node.map((node) => resolve(copyNodeDeep(node, rename)));
  for (const node of nodes) if (node.name) node.name = graph.unique(`${call.name || call.opType}/${node.name}`);
  return nodes;
}

/** Whether a tensor follows from shapes and constants, not from what the picture shows. */
function followsFromShapes(graph: Graph, name: string): boolean {
  const seen = new Set<string>();
  const stack = [name];
  const inputs = new Set(graph.inputs.map((port) => port.name));
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (inputs.has(at)) return false;
    const node = graph.producer(at);
    if (!node || seen.has(at) || node.opType === "Shape" || node.opType === "Size") continue;
    seen.add(at);
    stack.push(...readsOf(node));
  }
  return true;
}

async function inlineBranches(graph: Graph, input: ProbeInput, runner: GraphRunner): Promise<void> {
  for (;;) {
    const branches = graph.nodes.filter((node) => node.opType === "If" && followsFromShapes(graph, node.input[0]));
    if (branches.length === 0) return;
    const values = await evaluate(graph, [...new Set(branches.map((node) => node.input[0]))], input, runner);
    const chosen = new Map(
      branches.map((node) => [
        node,
        new Attributes(node).graph(values.get(node.input[0]) ? "then_branch" : "else_branch"),
      ]),
    );
    graph.proto.node = graph.nodes.flatMap((node) => {
      const branch = chosen.get(node);
      if (!branch) return [node];
      graph.proto.initializer.push(...branch.initializer);
      const named = branch.output.map(({ name }, i) =>
        create(NodeProtoSchema, {
          opType: "Identity",
          name: graph.unique("branch"),
          input: [name],
          output: [node.output[i]],
        }),
      );
      return [...branch.node, ...named];
    });
    graph.touch();
  }
}

/** Values of scalar tensors that follow from shapes. */
async function evaluate(graph: Graph, names: readonly string[], input: ProbeInput, runner: GraphRunner) {
  const part = graph.clone();
  part.setOutputs(
    names.map((name) => ({
      name: part.op("Cast", [name], { to: DataType.INT64 }),
      type: DataType.INT64,
      dims: undefined,
    })),
  );
  part.prune();
  const open = await runner.open(part);
  try {
    const fed = part.inputs.some(({ name }) => name === input.name);
    const feed = { type: DataType.FLOAT, dims: input.dims, data: new Float32Array(sizeOf(input.dims)) };
    const fetches = part.outputs.map(({ name }) => name);
    const found = await open.run(fed ? { [input.name]: feed } : {}, fetches);
    return new Map(names.map((name, i) => [name, Number(found.get(fetches[i])?.data[0]) !== 0]));
  } finally {
    await open.close();
  }
}

/** Rewrites operators whose form changed before {@link OPSET}. */
function upgrade(graph: Graph): void {
  const from = graph.opset();
  if (from < OPSET) {
    graph.proto.node = graph.proto.node.flatMap((node) => upgradeNode(graph, node, from));
    const standard = graph.model.opsetImport.filter(({ domain }) => domain !== "" && domain !== "ai.onnx");
    graph.model.opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(OPSET) }), ...standard];
  }
  if (graph.model.irVersion < IR_VERSION) graph.model.irVersion = IR_VERSION;
  graph.setInputs(graph.inputs);
  graph.touch();
}

const REDUCTIONS = /^Reduce(L1|L2|LogSum|LogSumExp|Max|Mean|Min|Prod|SumSquare)$/;

function upgradeNode(graph: Graph, node: NodeProto, from: number): NodeProto[] {
  const attributes = new Attributes(node);
  const added: NodeProto[] = [];
  const constant = (value: Constant): string => {
    const name = graph.unique("upgraded");
    const attribute = [makeAttribute("value", writeConstant(name, value))];
    added.push(create(NodeProtoSchema, { opType: "Constant", name, output: [name], attribute }));
    return name;
  };
  const changed = (
    changes: Readonly<Record<string, AttributeValue | undefined>>,
    input: readonly string[] = node.input,
    { opType = node.opType, output = node.output }: { opType?: string; output?: readonly string[] } = {},
  ): NodeProto[] => {
    const kept = node.attribute.filter(({ name }) => !(name in changes));
    const fresh = Object.entries(changes).flatMap(([name, value]) =>
      value === undefined ? [] : [makeAttribute(name, value)],
    );
    return [
      ...added,
      copyMessage(node, {
        opType,
        input: [...input],
        output: [...output],
        attribute: [...kept, ...fresh],
      }),
    ];
  };
  const listInput = (name: string) => {
    const values = attributes.ints(name);
    return values ? [constant(ints(values))] : [];
  };

  for (const { g, graphs } of node.attribute) {
    for (const sub of g ? [g] : graphs) sub.node = sub.node.flatMap((inner) => upgradeNode(graph, inner, from));
  }
  switch (node.domain === "" || node.domain === "ai.onnx" ? node.opType : "") {
    case "Squeeze":
    case "Unsqueeze":
    case "ReduceSum":
      return from < 13 ? changed({ axes: undefined }, [node.input[0], ...listInput("axes")]) : [node];
    case "Split": {
      const sizes = from < 13 ? listInput("split") : node.input.slice(1);
      const equal = sizes.length === 0 || !sizes[0] ? node.output.length : undefined;
      return changed({ split: undefined, num_outputs: equal }, equal ? [node.input[0]] : [node.input[0], ...sizes]);
    }
    case "Dropout":
      return from < 12
        ? changed({ ratio: undefined, is_test: undefined }, node.input, {
            opType: "Identity",
            output: node.output.slice(0, 1),
          })
        : [node];
    case "Clip": {
      if (from >= 11) return [node];
      const bound = (name: string) => (attributes.has(name) ? constant(floats(attributes.float(name, 0))) : "");
      return changed({ min: undefined, max: undefined }, [node.input[0], bound("min"), bound("max")]);
    }
    case "Slice": {
      if (from >= 10) return [node];
      const inputs = ["starts", "ends", "axes"].flatMap(listInput);
      return changed({ starts: undefined, ends: undefined, axes: undefined }, [node.input[0], ...inputs]);
    }
    case "Pad":
      if (from >= 11) return [node];
      return changed({ pads: undefined, value: undefined }, [
        node.input[0],
        ...listInput("pads"),
        constant(floats(attributes.float("value", 0))),
      ]);
    case "TopK":
      return from < 10 ? changed({ k: undefined }, [node.input[0], constant(ints([attributes.int("k", 1)]))]) : [node];
    case "Upsample": {
      const scales = from < 9 ? constant(floats(attributes.floats("scales") ?? [])) : node.input[1];
      return changed({ scales: undefined, ...ASYMMETRIC }, [node.input[0], "", scales], { opType: "Resize" });
    }
    case "Resize":
      return from < 11 ? changed(ASYMMETRIC, [node.input[0], "", node.input[1]]) : [node];
    case "Scatter":
      return changed({}, node.input, { opType: "ScatterElements" });
    case "RoiAlign": {
      const given = attributes.has("coordinate_transformation_mode");
      return from < 16 && !given ? changed({ coordinate_transformation_mode: "output_half_pixel" }) : [node];
    }
    case "Softmax":
    case "LogSoftmax":
    case "Hardmax": {
      if (from >= 13 || attributes.int("axis", 1) === -1) return [node];
      // Before opset 13 all axes from this one on are one.
      const [flat, result, shape] = ["flat", "result", "shape"].map((name) =>
        graph.unique(`${node.output[0]}_${name}`),
      );
      const make = (opType: string, input: string[], output: string, attribute: AttributeProto[] = []) =>
        create(NodeProtoSchema, { opType, name: graph.unique("upgraded"), input, output: [output], attribute });
      return [
        make("Shape", [node.input[0]], shape),
        make("Flatten", [node.input[0]], flat, [makeAttribute("axis", attributes.int("axis", 1))]),
        ...changed({ axis: -1 }, [flat], { output: [result] }),
        make("Reshape", [result, shape], node.output[0]),
      ];
    }
    default: {
      if (!REDUCTIONS.test(node.opType)) return [node];
      return changed({ axes: undefined }, [node.input[0], ...listInput("axes")]);
    }
  }
}

const ASYMMETRIC = { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };

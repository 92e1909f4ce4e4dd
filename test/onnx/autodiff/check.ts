import assert from "node:assert/strict";
import { after } from "node:test";
import fc from "fast-check";
import { random } from "../../../src/core/random.js";
import { sizeOf } from "../../../src/core/tensor.js";
import { SessionHost } from "../../../src/model/session.js";
import type { AttributeValue } from "../../../src/onnx/attributes.js";
import { canonical, type DifferentiateOptions, differentiate } from "../../../src/onnx/autodiff/differentiate.js";
import { type Constant, DataType } from "../../../src/onnx/constant.js";
import { Graph } from "../../../src/onnx/graph.js";

/** A floating-point operand that the operator is differentiated with respect to. */
export interface Variable {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** One operator on given operands. The first variable is the graph's input, others are its weights. */
export interface RuleCase {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly (Variable | Constant | "")[];
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>>;
  readonly opset?: number;
  /** How many, or their names; those without a name are not used. */
  readonly outputs?: number | readonly string[];
  /**
   * What the central differences are taken of: the runtime's double-precision operator (the default), its float32 one
   * where the operator is linear, so that whole numbers and a step of 1 are exact, or a function in double precision.
   */
  readonly reference?: "linear" | ((inputs: readonly Float64Array[]) => ArrayLike<number>);
  /** Differentiates at batch 1 a graph whose first operand may grow, and runs it with all rows. */
  readonly batched?: boolean;
  /** Operands whose gradient is checked; all variables when absent. */
  readonly wrt?: readonly number[];
}

const host = new SessionHost();
after(() => host.close());

const isVariable = (operand: Variable | Constant | ""): operand is Variable => operand !== "" && !("type" in operand);
const { FLOAT, DOUBLE } = DataType;

function build(rule: RuleCase, type: DataType, asInputs: boolean): Graph {
  const graph = Graph.empty("rule", rule.opset ?? 21);
  if (rule.domain) graph.model.opsetImport.push({ ...graph.model.opsetImport[0], domain: rule.domain, version: 1n });
  const names = rule.inputs.map((operand, i) => {
    if (operand === "") return "";
    if (!isVariable(operand)) return graph.addConstant(operand, `c${i}`);
    if (i > rule.inputs.findIndex(isVariable) && !asInputs)
      return graph.addConstant({ type, dims: operand.dims, data: array(type, operand.data) }, `x${i}`);
    graph.addInput(
      `x${i}`,
      i === rule.inputs.findIndex(isVariable) && rule.batched ? ["n", ...operand.dims.slice(1)] : operand.dims,
      type,
    );
    return `x${i}`;
  });
  const outputs = graph.addNode(rule.op, names, rule.attributes, { outputs: rule.outputs ?? 1, domain: rule.domain });
  const flat = outputs
    .filter(Boolean)
    .map((name) =>
      rule.batched
        ? graph.op("Flatten", [name], { axis: 1 })
        : graph.op("Reshape", [name, { type: DataType.INT64, dims: [2], data: BigInt64Array.of(1n, -1n) }]),
    );
  graph.addOutput(graph.op("Concat", flat, { axis: 1 }), ["rows", "values"], type);
  return graph;
}

const array = (type: DataType, values: ArrayLike<number>) =>
  type === DOUBLE ? Float64Array.from(values) : Float32Array.from(values);

/** Compares the gradients of an operator's rule with central differences, element by element. */
export async function checkRule(rule: RuleCase): Promise<void> {
  const wanted = rule.wrt ?? rule.inputs.flatMap((operand, i) => (isVariable(operand) ? [i] : []));
  const variables = rule.inputs.map((operand) => (isVariable(operand) ? operand : { dims: [], data: [] }));
  const graph = build(rule, FLOAT, false);
  const first = rule.inputs.findIndex(isVariable);
  const x = variables[first];
  const dims = rule.batched ? [1, ...x.dims.slice(1)] : x.dims;
  const form = await canonical(graph, { name: `x${first}`, dims }, host, { batched: rule.batched ?? false });
  const output = graph.outputs[0].name;
  const found = differentiate(form, { wrt: wanted.map((i) => `x${i}`), output, activation: "none", score: "logit" });

  const rows = rule.batched ? x.dims[0] : 1;
  const columns = form.shapes.get(output)?.dims[1] ?? 0;
  const draw = random(columns);
  const linear = rule.reference === "linear";
  const seed = Float32Array.from({ length: rows * columns }, () => (linear ? draw.integer(7) - 3 : draw.normal()));
  const session = await host.open(found.graph);
  const feeds: Record<string, Constant> = { [found.seed]: { type: FLOAT, dims: [rows, columns], data: seed } };
  if (found.graph.inputs.some(({ name }) => name === `x${first}`)) {
    feeds[`x${first}`] = { type: FLOAT, dims: x.dims, data: Float32Array.from(x.data) };
  }
  const names = wanted.map((i) => found.gradients.get(`x${i}`) as string);
  const gradients = await session.run(feeds, names);
  await session.close();

  const { score, close } = await scorer(rule, variables, seed);
  const step = linear ? 1 : 1e-4;
  for (const [at, i] of wanted.entries()) {
    const gradient = gradients.get(names[at]) as Constant;
    assert.deepEqual(gradient.dims, variables[i].dims, `${rule.op}: the gradient of operand ${i} has its shape`);
    const expected: number[] = [];
    for (let element = 0; element < variables[i].data.length; element++) {
      const moved = async (by: number) => {
        const values = variables.map(({ data }) => Float64Array.from(data));
        values[i][element] += by;
        return score(values);
      };
      expected.push(((await moved(step)) - (await moved(-step))) / (2 * step));
    }
    const scale = 1 + Math.max(...expected.map(Math.abs));
    expected.forEach((value, element) => {
      const got = Number(gradient.data[element]);
      if (Math.abs(got - value) <= 2e-4 * scale) return;
      const { inputs, ...facts } = rule;
      const all = `expected ${expected.map((v) => v.toFixed(4))}\n     got ${Array.from(gradient.data as Float32Array, (v) => v.toFixed(4))}`;
      assert.fail(`${JSON.stringify(facts)} of ${variables.map((v) => `[${v.dims}]`)}: d/dx${i}[${element}]\n${all}`);
    });
  }
  await close();
}

/** The gradient of Σ seed · output with respect to the only input of a graph. */
export async function gradientsOf(
  graph: Graph,
  input: { readonly name: string; readonly dims: readonly number[] },
  values: Float32Array,
  seed: Float32Array,
  options: Partial<DifferentiateOptions> = {},
): Promise<number[]> {
  const form = await canonical(graph, input, host, { batched: false });
  const output = graph.outputs[0].name;
  const found = differentiate(form, { wrt: [input.name], output, activation: "none", score: "logit", ...options });
  const session = await host.open(found.graph);
  const name = found.gradients.get(input.name) as string;
  const feeds: Record<string, Constant> = { [found.seed]: { type: FLOAT, dims: [1, seed.length], data: seed } };
  if (found.graph.inputs.some((port) => port.name === input.name)) {
    feeds[input.name] = { type: FLOAT, dims: input.dims, data: values };
  }
  const result = await session.run(feeds, [name]);
  await session.close();
  return Array.from(result.get(name)?.data as Float32Array);
}

async function scorer(rule: RuleCase, variables: readonly Variable[], seed: Float32Array) {
  const weigh = (values: ArrayLike<number>) => {
    assert.equal(values.length, seed.length);
    return seed.reduce((sum, weight, i) => sum + weight * values[i], 0);
  };
  if (typeof rule.reference === "function") {
    const { reference } = rule;
    return { score: async (values: readonly Float64Array[]) => weigh(reference(values)), close: async () => {} };
  }
  const type = rule.reference === "linear" ? FLOAT : DOUBLE;
  const graph = build(rule, type, true);
  const session = await host.open(graph);
  const output = graph.outputs[0].name;
  const score = async (values: readonly Float64Array[]) => {
    const feeds: Record<string, Constant> = {};
    for (const { name } of graph.inputs) {
      const i = Number(name.slice(1));
      feeds[name] = { type, dims: variables[i].dims, data: array(type, values[i]) };
    }
    return weigh((await session.run(feeds, [output])).get(output)?.data as Float64Array);
  };
  return { score, close: () => session.close() };
}

/** How numbers are drawn: away from kinks at whole numbers, positive, or whole numbers for linear operators. */
export type Draw = "smooth" | "positive" | "whole" | "distinct";

/** A variable of given dimensions, filled from a seed. */
export function variable(seed: number, dims: readonly number[], kind: Draw = "smooth"): Variable {
  const draw = random(seed * 31 + dims.length);
  const size = sizeOf(dims);
  if (kind === "distinct") {
    const order = draw.shuffle(Array.from({ length: size }, (_, i) => i));
    return { dims, data: order.map((rank) => (rank - size / 2) * 0.37 + 0.11) };
  }
  const data = Array.from({ length: size }, () => {
    if (kind === "whole") return draw.integer(9) - 4;
    if (kind === "positive") return 0.3 + 2 * draw.uniform();
    const part = 0.05 + 0.9 * draw.uniform();
    return draw.integer(4) - 2 + part;
  });
  return { dims, data };
}

/** Checks a family of cases drawn from arbitrary seeds and facts. */
export function forAll<T>(
  facts: fc.Arbitrary<T>,
  make: (facts: T, seed: number) => RuleCase,
  runs = 12,
): Promise<void> {
  const property = fc.asyncProperty(facts, fc.nat(1e6), async (value, seed) => checkRule(make(value, seed)));
  return fc.assert(property, { numRuns: runs, seed: 20260704 });
}

export const ints = (values: readonly number[], dims: readonly number[] = [values.length]): Constant => ({
  type: DataType.INT64,
  dims,
  data: BigInt64Array.from(values, BigInt),
});

/** Between one and `most` axes of size 1 to 4. */
export const shapes = (least: number, most: number) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: least, maxLength: most });

/** Dimensions that broadcast to given ones. */
export const broadcastTo = (dims: readonly number[]) =>
  fc
    .tuple(fc.integer({ min: 0, max: dims.length }), fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
    .map(([drop, ones]) => dims.slice(drop).map((dim, i) => (ones[i] ? 1 : dim)));

import { DataType } from "../constant.js";
import type { Graph } from "../graph.js";
import { copySubgraph } from "../messages.js";
import { propagate, type RuleBook } from "./propagate.js";
import { Tape } from "./tape.js";
import type { TimeStep } from "./time-step.js";

/** What each step hands to the next: its name before, its name after, and the value that it starts from. */
interface CarriedState {
  readonly before: string;
  readonly after: string;
  readonly start: string;
}

/** A recurrence over time: a step, and the tensors of the graph around it that it is fed with, by the step's names. */
export interface Recurrence {
  readonly step: TimeStep;
  readonly states: readonly CarriedState[];
  /** Tensors with a slice for each step, along their first axis. */
  readonly slices: ReadonlyMap<string, string>;
  /** Tensors that are the same in each step. */
  readonly constants: ReadonlyMap<string, string>;
}

/** Gradients that reach a recurrence, where they do. */
export interface ReachingGradients {
  /** Of a tensor that each step makes, by its name there: a slice for each step. */
  readonly slices: ReadonlyMap<string, string>;
  /** Of the last states, by their names before a step. */
  readonly ends: ReadonlyMap<string, string>;
}

interface ScanOptions {
  readonly body: Graph;
  readonly states: readonly CarriedState[];
  readonly slices: ReadonlyMap<string, string>;
  /** Tensors of the body to keep a slice of for each step. */
  readonly kept: readonly string[];
  readonly constants: ReadonlyMap<string, string>;
  readonly backwards: boolean;
}

/** Appends a Scan; returns the last states and the kept tensors, in the order given. */
function addScan(tape: Tape, { body, states, slices, kept, constants, backwards }: ScanOptions): string[] {
  const ports = (names: readonly string[]) => names.map((name) => ({ name, type: DataType.FLOAT, dims: undefined }));
  const inputs = new Map(body.inputs.map((port) => [port.name, port]));
  const port = (name: string) => ({ ...(inputs.get(name) ?? { name, type: DataType.FLOAT }), dims: undefined });
  const outputs = [...states.map(({ after }) => after), ...kept].map((name) => body.op("Identity", [name]));
  body.setInputs([...states.map(({ before }) => port(before)), ...[...slices.keys()].map(port)]);
  body.setOutputs(ports(outputs));
  body.prune();
  const prefix = tape.target.unique("scan");
  const names = new Map([["", ""], ...constants]);
  const rename = (name: string) => {
    let renamed = names.get(name);
    if (renamed === undefined) {
      renamed = tape.target.unique(`${prefix}/${name}`);
      names.set(name, renamed);
    }
    return renamed;
  };
  const directions = (length: number) => new Array<number>(length).fill(Number(backwards));
  return tape.target.addNode(
    "Scan",
    [...states.map(({ start }) => start), ...slices.values()],
    {
      body: copySubgraph(body.proto, rename),
      num_scan_inputs: slices.size,
      scan_input_directions: directions(slices.size),
      scan_output_directions: kept.length > 0 ? directions(kept.length) : undefined,
    },
    { outputs: outputs.length, base: "grad" },
  );
}

/**
 * Back-propagation through time. One Scan runs the recurrence and keeps the state before each step; a second one, from
 * the last step to the first, makes each step again from it and lets the gradients through. So memory grows with the
 * states, not with all that a step makes, and the graph does not grow with the number of steps.
 * @param wanted the step's names of tensors whose gradients are asked for: slices, or tensors that stay the same
 * @returns gradients of the wanted tensors and of the first states, by the step's names
 */
export function backThroughTime(
  tape: Tape,
  rules: RuleBook,
  { step, states, slices, constants }: Recurrence,
  reaching: ReachingGradients,
  wanted: readonly string[],
): ReadonlyMap<string, string> {
  const before = states.map((state) => state.before);
  const forward = { body: step.graph.clone(), states, slices, kept: before, constants, backwards: false };
  const history = addScan(tape, forward).slice(states.length);

  const body = step.graph.clone();
  const inner = new Tape(step.graph, body, step.shapes, tape.relu);
  const gradientInput = (name: string) => {
    const gradient = body.unique(`d_${name}`);
    body.addInput(gradient, [undefined, undefined, undefined]);
    return gradient;
  };
  const reached = (name: string) => {
    const gradient = gradientInput(name);
    inner.accumulate(name, gradient);
    return gradient;
  };
  const carried = states.map(({ after }) => reached(after));
  const arriving = [...reaching.slices].map(([name, outer]): [string, string] => [reached(name), outer]);
  const from = [...states.map(({ after }) => after), ...reaching.slices.keys()];
  propagate(inner, rules, [...before, ...wanted], from);

  const zeros = (like: string) => tape.op("ConstantOfShape", [tape.op("Shape", [like])]);
  const back = states.map(({ before: name, start }, i) => ({
    name,
    before: carried[i],
    after: inner.wholeGradient(name),
    start: reaching.ends.get(name) ?? zeros(start),
  }));
  const sums = wanted
    .filter((name) => constants.has(name))
    .map((name) => {
      const sum = gradientInput(name);
      return {
        name,
        before: sum,
        after: inner.op("Add", [sum, inner.wholeGradient(name)]),
        start: zeros(constants.get(name) as string),
      };
    });
  const sliced = wanted.filter((name) => slices.has(name));
  const results = addScan(tape, {
    body,
    states: [...back, ...sums],
    slices: new Map([...slices, ...before.map((name, i): [string, string] => [name, history[i]]), ...arriving]),
    kept: sliced.map((name) => inner.wholeGradient(name)),
    constants,
    backwards: true,
  });
  const names = [...back.map(({ name }) => name), ...sums.map(({ name }) => name), ...sliced];
  return new Map(names.map((name, i) => [name, results[i]]));
}

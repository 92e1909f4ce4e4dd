import { didYouMean, SightlineError } from "../core/errors.js";
import { DataType } from "../onnx/constant.js";
import { finalActivation } from "../onnx/final-activation.js";
import type { Graph } from "../onnx/graph.js";
import { type ScoreSource, scoreSources } from "../onnx/score-sources.js";
import type { TensorShape } from "../onnx/shapes.js";
import { dependents } from "../onnx/surface.js";

/** What is known of the output that holds the scores, before the graph is opened. */
export interface OutputWish {
  /** Its name, or its index among the outputs, also as text. */
  readonly output?: string | number;
  /** Whether the labels that are known are of so many classes; undefined where none are. */
  readonly fits?: (classes: number) => boolean;
}

/** The tensor of scores that was chosen. */
export interface ChosenOutput {
  readonly scores: string;
  readonly labels?: readonly string[];
  readonly notes: readonly string[];
}

interface Candidate extends ScoreSource {
  readonly classes: number;
}

type Shapes = ReadonlyMap<string, TensorShape>;

/**
 * The tensor with a score per class: the output that was asked for, the only one of that shape, or the one that fits the
 * labels, ends in a softmax or sigmoid, or is computed from the others.
 * @throws SightlineError `not-a-classifier` where none or several could be it; `bad-config`, `index-out-of-range`
 */
export function chooseOutput(graph: Graph, shapes: Shapes, batch: number, wish: OutputWish): ChosenOutput {
  const sources = scoreSources(graph);
  const candidates = sources.flatMap((source): Candidate[] => {
    const classes = classesOf(graph, source, shapes.get(source.name), batch);
    return classes === undefined ? [] : [{ ...source, classes }];
  });
  if (wish.output !== undefined) {
    const name = outputNamed(graph, wish.output);
    const source = sources.find(({ output }) => output === name) ?? sources.find((other) => other.name === name);
    const found = candidates.find((candidate) => candidate === source || candidate.name === source?.name);
    if (!found) throw noScores(`the output '${name}' does not hold`, graph, shapes);
    return chosen(found);
  }
  if (candidates.length === 0) throw noScores("no output of the model holds", graph, shapes);
  const [best, ...others] = narrowed(candidates, graph, wish);
  if (others.length === 0) return chosen(best, candidates);
  const shown = [best, ...others].map(shownCandidate).join(", ");
  throw new SightlineError("not-a-classifier", `several outputs could be the scores: ${shown}`, {
    received: shown,
    expected: `output: ${[best, ...others].map(({ output }) => `'${output}'`).join(" or ")}`,
    next: "give labels, whose number tells, or say which with output",
  });
}

/** The candidates that are left when each rule keeps those that it is true of, as long as there are any. */
function narrowed(candidates: readonly Candidate[], graph: Graph, { fits }: OutputWish): readonly Candidate[] {
  const rules: ((candidate: Candidate, all: readonly Candidate[]) => boolean)[] = [
    ({ classes, labels }) => (labels ? labels.length === classes : (fits?.(classes) ?? false)),
    ({ name }) => finalActivation(graph, name) !== "none",
    ({ name }, all) => {
      const after = dependents(graph, name);
      return all.every((other) => other.name === name || !after.has(other.name));
    },
  ];
  return rules.reduce((left, rule) => {
    const kept = left.length > 1 ? left.filter((candidate) => rule(candidate, left)) : [];
    return kept.length > 0 ? kept : left;
  }, candidates);
}

function chosen(best: Candidate, all: readonly Candidate[] = [best]): ChosenOutput {
  const notes: string[] = [];
  const others = all.filter((candidate) => candidate !== best).map(shownCandidate);
  if (others.length > 0) {
    notes.push(`the scores are the output ${shownCandidate(best)}, not ${others.join(", ")}: output chooses another`);
  }
  if (best.before === "TopK" || best.before === "ArgMax") {
    notes.push(
      `the output '${best.output}' keeps only the best classes: all scores are read before its ${best.before}`,
    );
  }
  return { scores: best.name, labels: best.labels, notes };
}

const shownCandidate = ({ output, classes }: Candidate) => `'${output}' [${classes}]`;

const FLOATS = [DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE];

/** How many scores a tensor holds for each image; undefined where it is no list of them. */
function classesOf(
  graph: Graph,
  { name, before }: ScoreSource,
  shape: TensorShape | undefined,
  batch: number,
): number | undefined {
  const declared = before === undefined ? graph.outputs.find((port) => port.name === name)?.type : undefined;
  if (!shape || !FLOATS.includes(declared || shape.type)) return undefined;
  const { dims } = shape;
  if (dims.length === 1) return batch === 1 ? dims[0] : undefined;
  const perImage = dims.slice(1).filter((dim) => dim !== 1);
  return dims.length > 1 && dims[0] === batch && perImage.length <= 1 ? (perImage[0] ?? 1) : undefined;
}

function outputNamed(graph: Graph, wanted: string | number): string {
  const names = graph.outputs.map(({ name }) => name);
  if (typeof wanted === "string" && names.includes(wanted)) return wanted;
  const index = typeof wanted === "string" && /^\d+$/.test(wanted) ? Number(wanted) : wanted;
  if (typeof index === "number") {
    if (Number.isInteger(index) && index >= 0 && index < names.length) return names[index];
    throw new SightlineError("index-out-of-range", `there is no output ${index}`, {
      received: index,
      expected: `a whole number from 0 to ${names.length - 1}: ${names.join(", ")}`,
    });
  }
  throw new SightlineError("bad-config", `unknown output '${wanted}'`, {
    received: wanted,
    expected: `one of ${names.join(", ")}`,
    next: didYouMean(String(wanted), names),
  });
}

function noScores(what: string, graph: Graph, shapes: Shapes): SightlineError {
  const shown = graph.outputs.map(({ name }) => `${name} [${shapes.get(name)?.dims.join(", ") ?? "?"}]`).join(", ");
  return new SightlineError("not-a-classifier", `${what} one score per class: ${shown}`, {
    received: shown,
    expected: "an output of [batch, classes]",
    next: graph.outputs.some(({ name }) => holdsPlanes(shapes.get(name)))
      ? "load it with task: 'segmentation', or give a postprocess function that makes one score per class"
      : "give a postprocess function that makes one score per class, or task: 'detection' for an object detector",
  });
}

/** Whether a tensor has rows and columns, as the scores of a segmentation model have. */
const holdsPlanes = (shape: TensorShape | undefined): boolean =>
  shape?.dims.length === 4 && shape.dims.slice(1).filter((dim) => dim > 1).length > 1;

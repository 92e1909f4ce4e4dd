import { float } from "../attributes.js";
import { ints } from "../constant.js";
import type { Rule, Step } from "./step.js";

/** A tensor with its last two axes exchanged. */
function turned(step: Step, name: string): string {
  const rank = step.dims(name).length;
  const perm = Array.from({ length: rank }, (_, i) => i);
  [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
  return step.tape.shared(`turned ${name}`, () => step.transpose(name, perm));
}

function gemm(step: Step): ReturnType<Rule> {
  const { attributes } = step;
  const [alpha, beta] = [attributes.float("alpha", 1), attributes.float("beta", 1)];
  const [transA, transB] = [attributes.int("transA", 0), attributes.int("transB", 0)];
  const multiply = (a: string, b: string, ta: number, tb: number) =>
    step.op("Gemm", [a, b], { transA: ta, transB: tb, alpha: float(alpha) });
  return [
    () => (transA ? multiply(step.x(1), step.dy(), transB, 1) : multiply(step.dy(), step.x(1), 0, 1 - transB)),
    () => (transB ? multiply(step.dy(), step.x(0), 1, transA) : multiply(step.x(0), step.dy(), 1 - transA, 0)),
    () => step.fit(beta === 1 ? step.dy() : step.mul(step.dy(), beta), 2),
  ];
}

function matmul(step: Step): ReturnType<Rule> {
  const [a, b] = [step.dims(step.x(0)), step.dims(step.x(1))];
  // Vectors count as matrices of one row or one column.
  const row = (name: string) => step.op("Unsqueeze", [name, step.tape.constant(ints([0]))]);
  const column = (name: string) => step.op("Unsqueeze", [name, step.tape.constant(ints([1]))]);
  const dims = [...step.dims(step.y())];
  let dy = step.dy();
  if (b.length === 1) {
    dy = step.op("Unsqueeze", [dy, step.tape.constant(ints([-1]))]);
    dims.push(1);
  }
  if (a.length === 1) {
    dy = step.op("Unsqueeze", [dy, step.tape.constant(ints([-2]))]);
    dims.splice(dims.length - 1, 0, 1);
  }
  const flat = (
    gradient: string,
    wide: readonly (number | undefined)[],
    input: number,
    to: readonly (number | undefined)[],
  ) => {
    const sum = step.tape.sumTo(gradient, wide, to);
    return step.dims(step.x(input)).length === 1 ? step.like(sum, input) : sum;
  };
  const batch = dims.slice(0, -2);
  return [
    () => {
      const rows = a.length === 1 ? [1, a[0]] : a;
      const other = b.length === 1 ? row(step.x(1)) : turned(step, step.x(1));
      return flat(step.op("MatMul", [dy, other]), [...batch, ...rows.slice(-2)], 0, rows);
    },
    () => {
      const columns = b.length === 1 ? [b[0], 1] : b;
      const other = a.length === 1 ? column(step.x(0)) : turned(step, step.x(0));
      return flat(step.op("MatMul", [other, dy]), [...batch, ...columns.slice(-2)], 1, columns);
    },
  ];
}

/** Letters of an Einsum's terms and result; an ellipsis is kept as one symbol. */
function parseEquation(equation: string): { terms: string[][]; result: string[] } {
  const letters = (term: string) => [...term.replace(/\s/g, "").replace("...", "…")];
  const [left, right] = equation.split("->");
  const terms = left.split(",").map(letters);
  if (right !== undefined) return { terms, result: letters(right) };
  const counts = new Map<string, number>();
  for (const letter of terms.flat()) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const once = [...counts].filter(([letter, count]) => count === 1 && letter !== "…").map(([letter]) => letter);
  return { terms, result: [...(counts.has("…") ? ["…"] : []), ...once.sort()] };
}

const write = (letters: readonly string[]) => letters.join("").replace("…", "...");

function einsum(step: Step): ReturnType<Rule> {
  const { terms, result } = parseEquation(step.attributes.string("equation", ""));
  if (terms.some((term) => new Set(term).size < term.length))
    throw step.unsupported("with a repeated letter in one term");
  return terms.map((term, i) => () => {
    const others = terms.flatMap((other, j) => (j === i ? [] : [{ letters: other, name: step.x(j) }]));
    const operands = [{ letters: result, name: step.dy() }, ...others];
    const available = new Set(operands.flatMap(({ letters }) => letters));
    const kept = term.filter((letter) => available.has(letter));
    const equation = `${operands.map(({ letters }) => write(letters)).join()}->${write(kept)}`;
    let gradient = step.op(
      "Einsum",
      operands.map(({ name }) => name),
      { equation },
    );
    // A letter that only this term has was summed over: its gradient is the same everywhere.
    const missing = term.flatMap((letter, axis) => (available.has(letter) ? [] : [axis]));
    if (missing.length === 0 || term.includes("…")) {
      if (missing.length > 0) throw step.unsupported("that sums over an axis beside an ellipsis");
      return gradient;
    }
    gradient = step.op("Unsqueeze", [gradient, step.tape.constant(ints(missing))]);
    return { kind: "spread", tensor: gradient };
  });
}

export const matrix: Readonly<Record<string, Rule>> = { Gemm: gemm, MatMul: matmul, Einsum: einsum };

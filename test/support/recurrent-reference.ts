/** A gate's function, written as ONNX defines it. */
export type GateFunction = (x: number) => number;

export interface RecurrentCase {
  readonly op: "LSTM" | "GRU" | "RNN";
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly steps: number;
  readonly batch: number;
  readonly width: number;
  readonly hidden: number;
  /** Gates' functions of one direction after another. */
  readonly functions: readonly GateFunction[];
  readonly lengths?: readonly number[];
  readonly clip?: number;
  readonly coupled?: boolean;
  readonly resetsLast?: boolean;
  /** Told what each gate adds up to, before it is clipped. */
  readonly onSum?: (sum: number) => void;
}

/** Operands in double precision; absent ones are empty. */
export interface RecurrentOperands {
  readonly x: Float64Array;
  readonly w: Float64Array;
  readonly r: Float64Array;
  readonly b: Float64Array;
  readonly hidden: Float64Array;
  readonly cell: Float64Array;
  readonly peephole: Float64Array;
}

export const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;

/**
 * ONNX's LSTM, GRU and RNN as its specification says them, number by number and step by step.
 * @returns Y, Y_h and (of an LSTM) Y_c
 */
export function recurrentReference(facts: RecurrentCase, operands: RecurrentOperands): Float64Array[] {
  const { op, direction, steps, batch, hidden: size, lengths } = facts;
  const reversed = { forward: [false], reverse: [true], bidirectional: [false, true] }[direction];
  const directions = reversed.length;
  const y = new Float64Array(steps * directions * batch * size);
  const ends = [0, 1].map(() => new Float64Array(directions * batch * size));
  reversed.forEach((backwards, d) => {
    for (let n = 0; n < batch; n++) {
      const at = (d * batch + n) * size;
      const start = (values: Float64Array) =>
        values.length > 0 ? values.slice(at, at + size) : new Float64Array(size);
      let h: Float64Array = start(operands.hidden);
      let c: Float64Array = start(operands.cell);
      const length = lengths?.[n] ?? steps;
      for (let i = 0; i < length; i++) {
        const t = backwards ? length - 1 - i : i;
        [h, c] = oneStep(facts, operands, d, t * batch + n, h, c);
        y.set(h, ((t * directions + d) * batch + n) * size);
      }
      ends[0].set(h, at);
      ends[1].set(c, at);
    }
  });
  return op === "LSTM" ? [y, ...ends] : [y, ends[0]];
}

function oneStep(
  { op, width, hidden: size, functions, clip = Number.POSITIVE_INFINITY, coupled, resetsLast, onSum }: RecurrentCase,
  { x, w, r, b, peephole }: RecurrentOperands,
  d: number,
  row: number,
  h: Float64Array,
  c: Float64Array,
): [Float64Array, Float64Array] {
  const gates = GATES[op];
  const which = { LSTM: 3, GRU: 2, RNN: 1 }[op];
  const apply = (k: number, value: number) => {
    onSum?.(value);
    return functions[d * which + k](Math.min(clip, Math.max(-clip, value)));
  };
  const ofInput = (gate: number, j: number) => {
    let sum = b.length > 0 ? b[(d * 2 * gates + gate) * size + j] : 0;
    for (let k = 0; k < width; k++) sum += x[row * width + k] * w[((d * gates + gate) * size + j) * width + k];
    return sum;
  };
  const ofState = (gate: number, j: number, state: Float64Array) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += state[k] * r[((d * gates + gate) * size + j) * size + k];
    return sum;
  };
  const stateBias = (gate: number, j: number) => (b.length > 0 ? b[((d * 2 + 1) * gates + gate) * size + j] : 0);
  const sum = (gate: number, j: number) => ofInput(gate, j) + ofState(gate, j, h) + stateBias(gate, j);
  const each = (make: (j: number) => number) => Float64Array.from({ length: size }, (_, j) => make(j));
  const peep = (gate: number, j: number) => (peephole.length > 0 ? peephole[(d * 3 + gate) * size + j] : 0);

  if (op === "RNN") return [each((j) => apply(0, sum(0, j))), c];
  if (op === "GRU") {
    const update = each((j) => apply(0, sum(0, j)));
    const reset = each((j) => apply(0, sum(1, j)));
    const resetState = h.map((value, j) => value * reset[j]);
    const fresh = each((j) =>
      apply(
        1,
        resetsLast
          ? ofInput(2, j) + reset[j] * (ofState(2, j, h) + stateBias(2, j))
          : ofInput(2, j) + ofState(2, j, resetState) + stateBias(2, j),
      ),
    );
    return [each((j) => (1 - update[j]) * fresh[j] + update[j] * h[j]), c];
  }
  const enter = each((j) => apply(0, sum(0, j) + peep(0, j) * c[j]));
  const keep = each((j) => (coupled ? 1 - enter[j] : apply(0, sum(2, j) + peep(2, j) * c[j])));
  const fresh = each((j) => apply(1, sum(3, j)));
  const next = each((j) => keep[j] * c[j] + enter[j] * fresh[j]);
  const leave = each((j) => apply(0, sum(1, j) + peep(1, j) * next[j]));
  return [each((j) => leave[j] * functions[d * which + 2](next[j])), next];
}

import { DataType, ints } from "../constant.js";
import type { Step } from "./step.js";
import type { Frame } from "./time-step.js";

const FAR = Number(-(2n ** 53n));

/** The sequences of a recurrent node, each direction in the order in which it reads them: [time, directions, batch, width]. */
export class Sequences {
  readonly frame: Frame;
  /** Whether a sequence still goes on: bool [time, 1, batch, 1]; undefined where all are of one length. */
  readonly alive: string | undefined;
  readonly #step: Step;
  readonly #reversed: readonly boolean[];
  readonly #lengths: string | undefined;

  /** @param lengths of the sequences, int32 [batch]; empty where all have the length of the input */
  constructor(step: Step, reversed: readonly boolean[], lengths: string) {
    this.#step = step;
    this.#reversed = reversed;
    const { dims, batchAxis } = step.tape.shape(step.x());
    this.frame = { directions: reversed.length, batch: dims[1], grows: batchAxis === 1 };
    const whole = step.tape.source.constant(lengths)?.data as Int32Array | undefined;
    const isWhole = !lengths || (batchAxis !== 0 && whole?.every((length) => length === dims[0]));
    this.#lengths = isWhole ? undefined : step.op("Cast", [lengths], { to: DataType.INT64 });
    this.alive = this.#lengths && this.#goesOn(this.#lengths);
  }

  /** [time, batch, width] for all directions. */
  stacked(name: string): string {
    const step = this.#step;
    const rows = this.#reversed.map((reversed) => {
      const row = reversed ? this.#backwards(name) : name;
      return step.op("Unsqueeze", [row, ints([1])]);
    });
    return rows.length === 1 ? rows[0] : step.op("Concat", rows, { axis: 1 });
  }

  /** The node's own order in that of its directions, and back. */
  turned(name: string): string {
    if (!this.#reversed.includes(true)) return name;
    const step = this.#step;
    const rows = this.#directions(name).map((row, i) => {
      return step.op("Unsqueeze", [this.#reversed[i] ? this.#backwards(row) : row, ints([1])]);
    });
    return rows.length === 1 ? rows[0] : step.op("Concat", rows, { axis: 1 });
  }

  /** What all directions have for an element of the input: [time, batch, width]. */
  sumOfDirections(name: string): string {
    const rows = this.#directions(name).map((row, i) => (this.#reversed[i] ? this.#backwards(row) : row));
    return rows.length === 1 ? rows[0] : this.#step.add(rows[0], rows[1]);
  }

  /** A state of zeros, [directions, batch, width]. */
  zeros(width: number): string {
    const step = this.#step;
    const batch = step.op("Slice", [step.op("Shape", [step.x()]), ints([1]), ints([2])]);
    const shape = step.op("Concat", [ints([this.frame.directions]), batch, ints([width])], { axis: 0 });
    return step.op("ConstantOfShape", [shape]);
  }

  #directions(name: string): string[] {
    const step = this.#step;
    return this.#reversed.map((_, i) => step.op("Squeeze", [step.slice(name, 1, i, i + 1), ints([1])]));
  }

  /** [time, batch, width] from the end of each sequence to its start. */
  #backwards(name: string): string {
    const step = this.#step;
    if (this.#lengths) return step.op("ReverseSequence", [name, this.#lengths], { time_axis: 0, batch_axis: 1 });
    return step.op("Slice", [name, ints([-1]), ints([FAR]), ints([0]), ints([-1])]);
  }

  #goesOn(lengths: string): string {
    const step = this.#step;
    const time = step.op("Slice", [step.op("Shape", [step.x()]), ints([0]), ints([1])]);
    const numbers = step.op("Range", [ints(0), step.op("Squeeze", [time, ints([0])]), ints(1)]);
    return step.op("Less", [
      step.op("Reshape", [numbers, ints([-1, 1, 1, 1])]),
      step.op("Reshape", [lengths, ints([1, 1, -1, 1])]),
    ]);
  }
}

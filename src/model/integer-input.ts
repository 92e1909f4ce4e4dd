import { SightlineError } from "../core/errors.js";
import { DataType } from "../onnx/constant.js";
import type { ColourMap, PreprocessData } from "./preprocess.js";

/** An input of whole numbers: its type's name, its least and its largest value. */
export interface IntegerInput {
  readonly name: string;
  readonly least: number;
  readonly largest: number;
}

const RANGES: Partial<Record<DataType, readonly [least: number, largest: number]>> = {
  [DataType.INT8]: [-128, 127],
  [DataType.UINT8]: [0, 255],
  [DataType.INT16]: [-(2 ** 15), 2 ** 15 - 1],
  [DataType.UINT16]: [0, 2 ** 16 - 1],
  [DataType.INT32]: [-(2 ** 31), 2 ** 31 - 1],
  [DataType.UINT32]: [0, 2 ** 32 - 1],
  [DataType.INT64]: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  [DataType.UINT64]: [0, Number.MAX_SAFE_INTEGER],
};

/** Undefined for inputs of floating-point numbers. */
export function integerInput(type: DataType): IntegerInput | undefined {
  const range = RANGES[type];
  return range && { name: DataType[type].toLowerCase(), least: range[0], largest: range[1] };
}

/** The values of pictures that fit: bytes as they are, or moved to the middle of a signed byte. */
export function byteValues({ largest }: IntegerInput): PreprocessData & { note: string } {
  const moved = largest < 255;
  return { scale: 1, mean: moved ? 128 : 0, std: 1, note: moved ? "goes in as bytes − 128" : "goes in as bytes" };
}

/** Whether preprocessing leaves the values as pictures have them. */
export function leavesValues({ mean = 0, std = 1, scale }: PreprocessData): boolean {
  const all = (values: number | readonly number[], value: number) => [values].flat().every((each) => each === value);
  return scale === undefined && all(mean, 0) && all(std, 1);
}

/** @throws SightlineError `bad-config` where greys of a picture become fractions, or more than the type holds */
export function checkByteValues({ bias, matrix }: ColourMap, integer: IntegerInput): void {
  for (const [c, row] of matrix.entries()) {
    const gain = row.reduce((sum, value) => sum + value, 0);
    for (let grey = 0; grey <= 255; grey++) {
      const value = bias[c] + gain * grey;
      if (fits(value, integer, 1e-3)) continue;
      throw new SightlineError("bad-config", `preprocess makes ${shown(value)} of a grey of ${grey}`, {
        received: value,
        expected: `${wholeNumbers(integer)}, as the model's input is ${integer.name}`,
        next: "leave out mean, std and scale: the model takes bytes",
      });
    }
  }
}

/** @throws SightlineError `bad-image` where an input holds what its type does not */
export function checkIntegers(data: Float32Array, integer: IntegerInput, from: string): void {
  const value = data.find((each) => !fits(each, integer, 0));
  if (value === undefined) return;
  throw new SightlineError("bad-image", `${from} holds ${shown(value)}`, {
    received: value,
    expected: `${wholeNumbers(integer)}, as the model's input is ${integer.name}`,
    next: "the model takes bytes: do not scale them",
  });
}

const fits = (value: number, { least, largest }: IntegerInput, slack: number) =>
  Math.abs(value - Math.round(value)) <= slack && value >= least - slack && value <= largest + slack;

const shown = (value: number) => Number(value.toPrecision(4));

const wholeNumbers = ({ least, largest }: IntegerInput) => `whole numbers from ${least} to ${largest}`;

import type { Tensor } from "../core/tensor.js";
import { checkIntegers, type IntegerInput } from "./integer-input.js";
import type { ColourMap, PreprocessFunction, Preprocessor } from "./preprocess.js";
import { checkInput } from "./tensor-checks.js";
import type { InputGeometry } from "./types.js";

type Colour = readonly [red: number, green: number, blue: number];

const BLACK: Colour = [0, 0, 0];
const PURE: readonly Colour[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
];
const MIXED: Colour = [51, 102, 153];
/** What methods and metrics ask for beside black and the pure colours. */
const OTHERS: readonly Colour[] = [
  [255, 255, 255],
  [128, 128, 128],
];

/**
 * A preprocessor of a caller's function. What it does to colours is found out by showing it plain pictures: where it
 * scales them, any colour is known; where it does more, those that were shown.
 */
export async function functionPreprocessor(
  make: PreprocessFunction,
  input: InputGeometry,
  integer?: IntegerInput,
): Promise<Preprocessor> {
  const inputs = new Map<string, Tensor>();
  const show = async (colours: readonly Colour[]) => {
    for (const colour of colours) {
      const answer = await inputOfPlain(make, colour, input).catch(() => undefined);
      if (answer) inputs.set(colour.join(), answer);
    }
  };
  await show([BLACK, ...PURE, MIXED]);
  const colours = affineColours((colour) => uniformValues(inputs.get(colour.join()), input));
  if (!colours) await show(OTHERS);
  const notes = ["what the preprocess function cuts off is unknown: maps are drawn over the whole picture"];
  if (!colours)
    notes.push("the preprocess function does more than scale colours: fills are what it makes of plain pictures");
  return {
    colours,
    plain: (colour) => inputs.get(colour.join()),
    notes,
    async toInput(image) {
      const tensor = checkInput(await make(image), input, "what the preprocess function gave");
      if (integer) checkIntegers(tensor.data, integer, "what the preprocess function gave");
      return { tensor, view: { x: 0, y: 0, width: image.width, height: image.height } };
    },
  };
}

async function inputOfPlain(make: PreprocessFunction, colour: Colour, input: InputGeometry): Promise<Tensor> {
  const { width, height } = input;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]);
  const { data: values, dims } = checkInput(
    await make({ data, width, height }),
    input,
    "what the preprocess function gave",
  );
  return { data: values.slice(), dims };
}

/** The value of each channel of an input that is the same everywhere. */
function uniformValues(tensor: Tensor | undefined, input: InputGeometry): number[] | undefined {
  if (!tensor) return undefined;
  const { channels, height, width, layout } = input;
  const places = width * height;
  const at = (c: number, place: number) => tensor.data[layout === "nchw" ? c * places + place : place * channels + c];
  const values = Array.from({ length: channels }, (_, c) => at(c, 0));
  for (let c = 0; c < channels; c++) {
    for (let place = 1; place < places; place++) if (Math.abs(at(c, place) - values[c]) > 1e-4) return undefined;
  }
  return values;
}

/** How colours are scaled; undefined where that is not all that happens to them. */
function affineColours(valuesOf: (colour: Colour) => number[] | undefined): ColourMap | undefined {
  const [bias, mixed] = [valuesOf(BLACK), valuesOf(MIXED)];
  const pure = PURE.map(valuesOf);
  if (!bias || !mixed || pure.includes(undefined)) return undefined;
  const matrix = bias.map(
    (dark, c) => pure.map((values) => ((values as number[])[c] - dark) / 255) as [number, number, number],
  );
  const affine = mixed.every((value, c) => {
    const expected = matrix[c].reduce((sum, gain, k) => sum + gain * MIXED[k], bias[c]);
    return Math.abs(value - expected) <= 1e-3 * (1 + Math.abs(expected));
  });
  return affine ? { bias, matrix } : undefined;
}

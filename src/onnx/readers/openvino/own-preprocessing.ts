import type { DataType } from "../../constant.js";
import { dataTypeOf, type Layer } from "./layers.js";
import type { Element } from "./xml.js";

/** What a network does itself to the pictures that it is given. */
export interface OwnPreprocessing {
  /** Of the input's elements, before the network makes floats of them. */
  readonly inputType: DataType;
  /** Whether it scales or resizes pictures: it wants them as they are. */
  readonly prepares: boolean;
  /** Whether it turns the order of channels round: it wants them as blue, green, red. */
  readonly reverses: boolean;
}

/** What OpenVINO's PrePostProcessor has built into a network. */
export function ownPreprocessing(layers: readonly Layer[], input: Layer | undefined): OwnPreprocessing | undefined {
  if (!input) return undefined;
  const inputType = dataTypeOf(input.outputs[0].storedType, `the input '${input.name}'`);
  const marked = layers.filter(({ rtInfo }) => isMarked(rtInfo));
  return {
    inputType,
    prepares: marked.length > 0,
    reverses: reversesChannels(layers, input) || hasReversedConstants(layers, marked),
  };
}

const isMarked = (info: Element | undefined) =>
  info?.children.some(({ attributes }) => attributes.name === "preprocessing") ?? false;

/** What can stand between the input and a reversal of its channels. */
const BEFORE_REVERSAL = ["Convert", "Transpose", "Subtract", "Add", "Multiply", "Divide", "Interpolate", "Clamp"];

/** Whether a Gather, or a Split whose parts a Concat puts together backwards, stands at the start of the network. */
function reversesChannels(layers: readonly Layer[], input: Layer): boolean {
  const readers = (layer: Layer) => layers.filter(({ inputs }) => inputs.some((source) => source.layer === layer));
  for (let at = input; ; ) {
    const [next, ...others] = readers(at);
    if (!next || others.length > 0) return false;
    if (next.type === "Gather") return next.inputs[1]?.layer.outputs[0]?.dims.join() === "3";
    if (next.type === "Split" || next.type === "VariadicSplit") {
      const [concat] = readers(next);
      return concat?.type === "Concat" && concat.inputs.map(({ port }) => port).join() === "2,1,0";
    }
    if (!BEFORE_REVERSAL.includes(next.type)) return false;
    at = next;
  }
}

/** OpenVINO moves a reversal into constants, and names each after the Gather that it computed. */
function hasReversedConstants(layers: readonly Layer[], marked: readonly Layer[]): boolean {
  const isReversed = ({ name, type }: Layer) => type === "Const" && /^Gather_\d+$/.test(name);
  const first = layers.find(({ type }) => type === "Convolution" || type === "GroupConvolution");
  const weights = first?.inputs[1]?.layer;
  return (
    (marked.length > 0 && weights !== undefined && isReversed(weights)) ||
    marked.some(({ inputs }) => inputs.some(({ layer }) => isReversed(layer)))
  );
}

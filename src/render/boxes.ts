import type { ExplanationData } from "../explanation/explanation-data.js";
import type { Prediction } from "../model/types.js";
import { probability } from "./format.js";
import type { Backdrop } from "./panel.js";

/** A detector's box on a panel, in its pixels. */
export interface PanelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** The explained one: drawn thick and whole with its name, the others thin and dashed. */
  readonly name?: string;
}

/** Characters of a label beside its box; the panel's title has more. */
const NAME_LENGTH = 20;

/** Boxes beside the explained one that a panel shows at most. */
const MOST_OTHERS = 40;

/** What a detector found, as far as the panel shows it, the explained box last. */
export function panelBoxes(
  { predictions }: Pick<ExplanationData, "predictions">,
  target: Prediction,
  { picture, shown }: Backdrop,
): PanelBox[] {
  const [across, down] = [picture.width / shown.width, picture.height / shown.height];
  const within = (value: number, size: number) => Math.min(size, Math.max(0, value));
  const placed = (prediction: Prediction, name?: string): PanelBox[] => {
    if (!prediction.box) return [];
    const [x1, y1, x2, y2] = prediction.box;
    const box = {
      left: within((x1 - shown.x) * across, picture.width),
      top: within((y1 - shown.y) * down, picture.height),
      right: within((x2 - shown.x) * across, picture.width),
      bottom: within((y2 - shown.y) * down, picture.height),
      name,
    };
    return box.right > box.left && box.bottom > box.top ? [box] : [];
  };
  const name = target.label.length > NAME_LENGTH ? `${target.label.slice(0, NAME_LENGTH).trimEnd()}…` : target.label;
  const others = predictions.filter(({ index }) => index !== target.index).slice(0, MOST_OTHERS);
  return [...others.flatMap((other) => placed(other)), ...placed(target, `${name} ${probability(target.probability)}`)];
}

/** "the box 12–36 % across and 40–62 % down", of the picture that is shown. */
export function boxInWords({ image }: ExplanationData, { box }: Prediction): string | undefined {
  if (!box) return undefined;
  const { width, height } = image.pixels;
  const share = (value: number, size: number) => Math.round(100 * Math.min(1, Math.max(0, value / size)));
  const [x1, y1, x2, y2] = box;
  return `the box ${share(x1, width)}–${share(x2, width)} % across and ${share(y1, height)}–${share(y2, height)} % down`;
}

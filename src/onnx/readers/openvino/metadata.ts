import type { Layer } from "./layers.js";
import { child, type Element } from "./xml.js";

/** What the file says of the pictures the model wants, in its `model_info`. Only what is said is set. */
export interface OpenVinoMetadata {
  readonly labels?: readonly string[];
  /** "Classification", "ssd", "YOLOv8", … */
  readonly modelType?: string;
  /** Subtracted, then divided by, on pixels 0…255, in the channel order of the model's input. */
  readonly mean?: readonly number[];
  readonly scale?: readonly number[];
  /** The picture is to be given as RGB (true) or BGR (false) by a program that reads BGR. */
  readonly reverseInputChannels?: boolean;
  /** "standard" (stretched), "fit_to_window", "fit_to_window_letterbox", "crop". */
  readonly resizeType?: string;
  /** Grey value around a letterboxed picture, 0…255. */
  readonly padValue?: number;
  readonly interpolation?: string;
  readonly confidenceThreshold?: number;
  readonly iouThreshold?: number;
  readonly multilabel?: boolean;
  /** The scores are logits. */
  readonly rawScores?: boolean;
  readonly layout?: "nchw" | "nhwc";
}

/** Metadata of a network: `rt_info/model_info`, and the layout noted at its first input. */
export function readMetadata(net: Element, input: Layer | undefined): OpenVinoMetadata {
  const info = child(child(net, "rt_info"), "model_info");
  const text = (name: string) => child(info, name)?.attributes.value?.trim() || undefined;
  const numbers = (name: string) => {
    const values = text(name)
      ?.split(/[\s,]+/)
      .map(Number);
    return values?.every(Number.isFinite) ? values : undefined;
  };
  const flag = (name: string) => {
    const value = text(name)?.toLowerCase();
    return value === undefined ? undefined : value === "true" || value === "1";
  };
  const metadata: OpenVinoMetadata = {
    labels: text("labels")?.split(/\s+/),
    modelType: text("model_type"),
    mean: numbers("mean_values"),
    scale: numbers("scale_values"),
    reverseInputChannels: flag("reverse_input_channels"),
    resizeType: text("resize_type"),
    padValue: numbers("pad_value")?.[0],
    interpolation: text("interpolation_type"),
    confidenceThreshold: numbers("confidence_threshold")?.[0],
    iouThreshold: numbers("iou_threshold")?.[0],
    multilabel: flag("multilabel"),
    rawScores: flag("output_raw_scores"),
    layout: layoutOf(text("layout")) ?? layoutOf(layoutAttribute(input)),
  };
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
}

/** The layout attribute of a Parameter, at its port (version 11) or its layer (version 10). */
function layoutAttribute(input: Layer | undefined): string | undefined {
  for (const info of [input?.outputs[0]?.rtInfo, input?.rtInfo]) {
    const layout = info?.children.find(({ attributes }) => attributes.name === "layout");
    if (layout) return layout.attributes.layout;
  }
  return undefined;
}

/** "NHWC", "[N,H,W,C]" or "image:NHWC". */
function layoutOf(text: string | undefined): "nchw" | "nhwc" | undefined {
  const letters = text
    ?.split(":")
    .at(-1)
    ?.replace(/[^A-Za-z?]/g, "")
    .toLowerCase();
  return letters === "nchw" || letters === "nhwc" ? letters : undefined;
}

import type { Random } from "../../core/random.js";
import type { Tensor } from "../../core/tensor.js";
import type { Model } from "../../model/types.js";
import type { SearchedPicture } from "./searched-pictures.js";
import type { Shortcut } from "./types.js";

/** Pictures of a group whose box is pasted. */
const DONORS = 16;

export interface PasteTest {
  readonly members: readonly SearchedPicture[];
  readonly others: readonly SearchedPicture[];
  readonly box: Shortcut["box"];
  /** Pictures of other classes that the box is pasted on. */
  readonly recipients: number;
  readonly prediction: string;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

export interface PasteResult {
  readonly flips: number;
  readonly control: number;
  readonly forwardPasses: number;
}

/** Pastes the box of the group's pictures, and of others, onto pictures of other classes. */
export async function pasteTest(model: Model, test: PasteTest): Promise<PasteResult> {
  const { members, others, box, prediction, random, signal } = test;
  const inputOf = async ({ file }: SearchedPicture) => (await model.prepare(file, { signal })).tensor;
  const shuffled = random.shuffle([...others]);
  const recipients = await Promise.all(shuffled.slice(0, test.recipients).map(inputOf));
  const donors = await Promise.all(
    random
      .shuffle([...members])
      .slice(0, DONORS)
      .map(inputOf),
  );
  const controls = await Promise.all(shuffled.slice(-DONORS).map(inputOf));
  let forwardPasses = 0;
  const flipRate = async (patches: readonly Tensor[]) => {
    let flipped = 0;
    for (let i = 0; i < recipients.length; i++) {
      const scores = await model.run(pasted(recipients[i], patches[i % patches.length], box, model), { signal });
      const { data, dims } = model.probabilities(scores);
      forwardPasses += dims[0];
      const flips =
        model.labels.length === 1 ? data[0] >= 0.5 : model.labels[data.indexOf(Math.max(...data))] === prediction;
      if (flips) flipped += 1;
    }
    return flipped / recipients.length;
  };
  const flips = await flipRate(donors);
  const control = await flipRate(controls);
  return { flips, control, forwardPasses };
}

function pasted(onto: Tensor, from: Tensor, box: Shortcut["box"], { info: { input } }: Model): Tensor {
  const { width, height, channels, layout } = input;
  const data = onto.data.slice();
  const left = Math.round(box.x * width);
  const top = Math.round(box.y * height);
  const bottom = Math.round((box.y + box.height) * height);
  const right = Math.round((box.x + box.width) * width);
  for (let y = top; y < bottom; y++) {
    if (layout === "nhwc") {
      const at = (y * width + left) * channels;
      data.set(from.data.subarray(at, (y * width + right) * channels), at);
      continue;
    }
    for (let c = 0; c < channels; c++) {
      const row = (c * height + y) * width;
      data.set(from.data.subarray(row + left, row + right), row + left);
    }
  }
  return { data, dims: onto.dims };
}

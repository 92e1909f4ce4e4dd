import type { Random } from "../../core/random.js";
import type { Model } from "../../model/types.js";
import { FlipRate } from "./flip-rate.js";
import { cutPatch, pastePatch, pixelRect } from "./patches.js";
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
  readonly tested: number;
  readonly forwardPasses: number;
}

/** Pastes the box of the group's pictures, and of others, onto pictures of other classes. */
export async function pasteTest(model: Model, test: PasteTest): Promise<PasteResult> {
  const { members, others, prediction, random, signal } = test;
  const { input } = model.info;
  const rect = pixelRect(test.box, input);
  const inputOf = async ({ image }: SearchedPicture) => (await model.prepare(image, { signal })).tensor;
  const patchOf = async (picture: SearchedPicture) => cutPatch(await inputOf(picture), input, rect);
  const shuffled = random.shuffle([...others]);
  const recipients = await Promise.all(shuffled.slice(0, test.recipients).map(inputOf));
  const donors = await Promise.all(
    random
      .shuffle([...members])
      .slice(0, DONORS)
      .map(patchOf),
  );
  const controls = await Promise.all(shuffled.slice(-DONORS).map(patchOf));
  const rate = new FlipRate(model, prediction, signal);
  const flips = await rate.of(recipients, (onto, i) => pastePatch(onto, input, donors[i % donors.length], rect));
  const control = await rate.of(recipients, (onto, i) => pastePatch(onto, input, controls[i % controls.length], rect));
  return { flips, control, tested: recipients.length, forwardPasses: rate.forwardPasses };
}

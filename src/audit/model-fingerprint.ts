import { sha256 } from "#platform/hash";
import type { Model } from "../model/types.js";

/** A picture whose preparation shows how a model cuts and scales what it is given. */
const PROBE = { width: 300, height: 200 } as const;

/**
 * What decides a model's answers, as one hash: weights, labels, the output that is read and how its scores become
 * probabilities, and what preparing makes of a colour and of a picture's frame. Machines that agree on it can share an audit.
 */
export async function modelFingerprint(model: Model): Promise<string> {
  const { info, labels } = model;
  const colour = model.fill([20, 100, 220]);
  const plane = info.input.height * info.input.width;
  const first = Array.from({ length: info.input.channels }, (_, c) =>
    colour.data.at(info.input.layout === "nhwc" ? c : c * plane),
  );
  const probe = { ...PROBE, data: new Uint8Array(PROBE.width * PROBE.height * 3).fill(128) };
  const { tensor, view } = await model.prepare(probe);
  const frame = [view.x, view.y, view.width, view.height];
  const answers = [info.scores, info.activation, info.probabilities];
  const facts = [info.sha256, labels, answers, info.input, first, tensor.dims, frame];
  return sha256(JSON.stringify(facts));
}

import { unzip as unpack } from "#platform/archive";
import { SightlineError } from "../core/errors.js";
import type { Constant } from "../onnx/constant.js";
import { readLegacyCheckpoint, readZippedCheckpoint } from "../onnx/readers/torch/checkpoint.js";

const LARGEST = 4 * 2 ** 30;

/**
 * The tensors of a file that torch.save wrote, in its zip format or the legacy one. Nothing in it is executed.
 * @throws SightlineError `bad-checkpoint`
 */
export async function readCheckpoint(bytes: Uint8Array): Promise<ReadonlyMap<string, Constant>> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return readLegacyCheckpoint(bytes);
  const entries = await unzip(bytes);
  const pickle = [...entries.keys()].find((name) => name.endsWith("/data.pkl"));
  if (!pickle) throw damaged("it has no data.pkl");
  const folder = pickle.slice(0, -"data.pkl".length);
  return readZippedCheckpoint(entries.get(pickle) as Uint8Array, (name) => entries.get(folder + name));
}

/** Entries of an archive by name, unpacked. @throws SightlineError `bad-checkpoint` */
export async function unzip(bytes: Uint8Array, wanted?: string): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    return await unpack(bytes, { entry: wanted, atMost: LARGEST });
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function damaged(why: string, cause?: unknown): SightlineError {
  return new SightlineError("bad-checkpoint", `the archive cannot be read: ${why}`, {
    expected: "a complete file",
    next: "fetch it again",
    cause,
  });
}

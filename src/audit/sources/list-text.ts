import { SightlineError } from "../../core/errors.js";

export type Encoding = "UTF-8" | "UTF-16" | "Windows-1252";

/**
 * The text of a list, in the encoding that its first bytes name; without them UTF-8, or Windows-1252 where it is not
 * that.
 * @throws SightlineError `bad-data` for bytes that are no text
 */
export function decodeList(bytes: Uint8Array, list: string): { text: string; encoding: Encoding } {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return { text: decoded(bytes, "utf-16le", list), encoding: "UTF-16" };
  if (first === 0xfe && second === 0xff) return { text: decoded(bytes, "utf-16be", list), encoding: "UTF-16" };
  if (bytes.subarray(0, 1024).includes(0)) throw noText(list);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "UTF-8" };
  } catch {
    return { text: decoded(bytes, "windows-1252", list), encoding: "Windows-1252" };
  }
}

function decoded(bytes: Uint8Array, encoding: string, list: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw noText(list, cause);
  }
}

const noText = (list: string, cause?: unknown) =>
  new SightlineError("bad-data", `the list ${list} is not text`, {
    received: list,
    expected: "CSV in UTF-8, UTF-16 or Windows-1252, or a .parquet file",
    cause,
  });

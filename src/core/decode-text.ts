/** A text, and in which encoding it was taken to be written. */
export interface DecodedText {
  readonly text: string;
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
}

/** Bytes that tell UTF-16 without a byte order mark from anything else. */
const LOOKED_AT = 1024;

/**
 * Text of a file that does not say how it is written: by its byte order mark, as UTF-16 where every other byte is mostly
 * zero, as UTF-8 where it is valid, else as Windows-1252, which has every Latin-1 letter. The mark is left out.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const encoding = encodingOf(bytes);
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

function encodingOf(bytes: Uint8Array): DecodedText["encoding"] {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const start = bytes.subarray(0, LOOKED_AT);
  const zeros = [0, 0];
  start.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2] += 1;
  });
  const many = start.length / 4;
  if (bytes.length % 2 === 0 && Math.max(...zeros) > many && Math.min(...zeros) === 0) {
    return zeros[1] > 0 ? "utf-16le" : "utf-16be";
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

import { encodedFacts } from "../../../src/image/encoded-facts.js";
import { type ReducedPicture, reducedPicture } from "../reduced-picture.js";

/** Longest side that travels. */
const LONGEST = 1024;

/** Most pixels and bytes of a picture that the browser is asked to read. */
const MOST_PIXELS = 100_000_000;
const MOST_BYTES = 200_000_000;

/** Most bytes of a file that goes to the kernel unread. */
const UNREAD = 20_000_000;

/** Bytes of a file's beginning that say what it is. */
const HEAD = 1 << 20;

/** A picture to be sent, and what is to be said of it; or why it is not sent. */
export type BoothFile = { readonly encoded: Blob; readonly note: string } | { readonly refused: string };

/** Reads a file that somebody brought, whatever it is. */
export async function readBoothFile(file: File): Promise<BoothFile> {
  const name = file.name || "The picture";
  if (file.size === 0) return { refused: `${name} is empty.` };
  if (file.size > MOST_BYTES) {
    return { refused: `${name} has ${megabytes(file.size)}: at most ${megabytes(MOST_BYTES)} are read.` };
  }
  const { type, size } = encodedFacts(new Uint8Array(await file.slice(0, HEAD).arrayBuffer()));
  if (size && size.width * size.height > MOST_PIXELS) {
    return {
      refused: `${name} says that it is ${inPixels([size.width, size.height])} large: at most 100 million pixels are read.`,
    };
  }
  if (type === undefined) {
    return { refused: `${name} is no picture that can be read here: bring a JPEG, PNG, WebP, GIF, AVIF or TIFF.` };
  }
  try {
    const reduced = await reducedPicture(new Blob([file], { type }), LONGEST);
    return { encoded: reduced.encoded, note: noteOf(reduced) };
  } catch {
    // TIFF and the like: the kernel reads more than a browser, and says what is wrong with what it cannot read
    if (file.size <= UNREAD) return { encoded: file, note: "" };
    return { refused: `This browser cannot read ${name}, and with ${megabytes(file.size)} it is too large to send.` };
  }
}

function noteOf({ from, to }: ReducedPicture): string {
  if (from[0] === to[0] && from[1] === to[1]) return "";
  return `Reduced from ${inPixels(from)} to ${inPixels(to)} before it left this page.`;
}

const inPixels = ([width, height]: readonly [number, number]) =>
  `${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels`;

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;

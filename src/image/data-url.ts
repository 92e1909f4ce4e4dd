import { badImage, tooLarge } from "./image-errors.js";

const MAX_CHARACTERS = 64 * 2 ** 20;

/**
 * The bytes that a data: URL (RFC 2397) holds.
 * @param text with its `data:`
 * @throws SightlineError `bad-image`, `image-too-large`
 */
export function bytesOfDataUrl(text: string): Uint8Array {
  if (text.length > MAX_CHARACTERS) {
    throw tooLarge(`the data: URL has ${text.length} characters`, `at most ${MAX_CHARACTERS}`);
  }
  const comma = text.indexOf(",");
  const isBase64 = /;\s*base64\s*$/i.test(text.slice(Math.max(0, comma - 32), Math.max(0, comma)));
  try {
    if (comma < 0) throw new SyntaxError("it has no comma");
    const body = text.slice(comma + 1);
    const binary = isBase64 ? atob(decodeURIComponent(body)) : unescapeBytes(body);
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch (cause) {
    throw badImage(`the data: URL '${text.slice(0, 40)}…' cannot be read`, text.slice(0, 40), cause);
  }
}

/** Text whose characters are bytes, of text in which some are written as %00 to %FF. */
function unescapeBytes(text: string): string {
  return text.replaceAll(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

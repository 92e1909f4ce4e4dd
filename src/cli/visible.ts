/** Control characters but line feed and tab, and marks that turn the direction of what follows. */
const UNSAFE = /(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text as a terminal may be given it: file names and labels are others' words, and a terminal obeys what they hold. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, escaped);
}

/** JSON that a terminal may be given; it means the same. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSAFE, escaped);
}

const escaped = (character: string) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

import { files } from "#platform/files";
import { oneLine } from "./format.js";
import type { Font, Glyph } from "./opentype.js";

/** Regular or semi-bold. */
export type Weight = 400 | 600;

/** Text as outlines, so that it looks the same on machines without any font. */
export interface Lettering {
  /** In the syntax of a path's `d`. */
  readonly path: string;
  readonly width: number;
  /** Characters that the typeface does not have; a box stands for each. */
  readonly missing: number;
}

/** By precedence: the first that has a character draws it. */
const SCRIPTS = ["latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese"];
const ELLIPSIS = "…";

/** The end of a question about a class: ", .39?". */
const ASKED = /, [<.\d]+\?$/;

/** A typeface in one weight: Inter, in the files of its scripts. */
export class Typeface {
  readonly #fonts: readonly Font[];

  /** @param fonts by precedence */
  constructor(fonts: readonly Font[]) {
    this.#fonts = fonts;
  }

  /** One line of text as outlines; `x` is its left end, `y` its baseline. */
  write(text: string, x: number, y: number, size: number): Lettering {
    const pieces: string[] = [];
    let at = x;
    let missing = 0;
    let before: { font: Font; glyph: Glyph } | undefined;
    for (const character of oneLine(text)) {
      const font = this.#fonts.find((candidate) => candidate.charToGlyphIndex(character) > 0);
      if (!font) {
        pieces.push(box(at, y, size));
        at += 0.7 * size;
        missing++;
        before = undefined;
        continue;
      }
      const glyph = font.charToGlyph(character);
      const scale = size / font.unitsPerEm;
      if (before?.font === font) at += font.getKerningValue(before.glyph, glyph) * scale;
      pieces.push(glyph.getPath(at, y, size).toPathData(2));
      at += (glyph.advanceWidth ?? 0) * scale;
      before = { font, glyph };
    }
    return { path: pieces.join(""), width: at - x, missing };
  }

  width(text: string, size: number): number {
    return this.write(text, 0, 0, size).width;
  }

  /** The text, or as much of it as fits with an ellipsis. */
  fit(text: string, size: number, width: number): string {
    const characters = [...oneLine(text)].slice(0, 1000);
    if (this.width(characters.join(""), size) <= width) return characters.join("");
    let [low, high] = [0, characters.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.width(`${characters.slice(0, middle).join("").trimEnd()}${ELLIPSIS}`, size) <= width) low = middle;
      else high = middle - 1;
    }
    return `${characters.slice(0, low).join("").trimEnd()}${ELLIPSIS}`;
  }

  /** Lines no wider than `width`, broken between words; `lines` at most, the last one cut short before the number that it asks about. */
  wrap(text: string, size: number, width: number, lines: number): string[] {
    const done: string[] = [];
    let line = "";
    for (const word of oneLine(text).split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && done.length < lines - 1 && this.width(longer, size) > width) {
        done.push(line);
        line = word;
      } else line = longer;
    }
    return [...done, line].map((each) => {
      const ending = ASKED.exec(each)?.[0] ?? "";
      return this.fit(each.slice(0, each.length - ending.length), size, width - this.width(ending, size)) + ending;
    });
  }
}

/** An empty box where a character should be; the inner outline runs the other way round. */
function box(x: number, y: number, size: number): string {
  const [left, right, top, line] = [x + 0.08 * size, x + 0.62 * size, y - 0.72 * size, 0.07 * size];
  const outer = `M${left},${y}V${top}H${right}V${y}Z`;
  return `${outer}M${left + line},${y - line}H${right - line}V${top + line}H${left + line}Z`;
}

const fonts = new Map<string, Promise<Font>>();

/** The characters of one script in one weight, read once. */
function fontOf(script: string, weight: Weight): Promise<Font> {
  const name = `render/fonts/inter-${script}-${weight}-normal.woff`;
  let font = fonts.get(name);
  if (!font) {
    font = Promise.all([import("./opentype.js"), files.asset(name)]).then(([{ parse }, bytes]) =>
      parse(bytes.slice().buffer),
    );
    font.catch(() => fonts.delete(name));
    fonts.set(name, font);
  }
  return font;
}

/** The typeface in one weight, with as many of its scripts as the texts need: most figures need the first alone. */
export async function typeface(weight: Weight, texts: readonly string[]): Promise<Typeface> {
  const wanted = new Set(`${ELLIPSIS}${texts.map(oneLine).join("")}`);
  const read: Font[] = [];
  for (const script of SCRIPTS) {
    const font = await fontOf(script, weight);
    read.push(font);
    for (const character of wanted) if (font.charToGlyphIndex(character) > 0) wanted.delete(character);
    if (wanted.size === 0) break;
  }
  return new Typeface(read);
}

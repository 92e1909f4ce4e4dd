import { files } from "#platform/files";
import { pictures } from "#platform/pictures";
import { toBase64 } from "../core/bytes.js";
import { checkText } from "../core/checks.js";
import { displaySymbol, type MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { escapeHtml, htmlPage } from "../core/html.js";
import { oneLine } from "./format.js";
import { type Rendered, render, type Sheet } from "./layout.js";

/** What a figure says besides its picture. */
export interface FigureText {
  /** Whether the figure is folded until the reader reveals it. */
  readonly held?: boolean;
  /** One sentence a picture: what was asked, and what the map shows. */
  readonly claims: readonly string[];
  /** The same without what the picture itself has in large letters. */
  readonly captions: readonly string[];
  /** What to be careful about; the picture says it, too. */
  readonly warnings: readonly string[];
  /** What the methods noted while they worked. */
  readonly notes: readonly string[];
}

/** Style of what the picture itself shows: for those who cannot see it. */
const HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";

/**
 * A finished picture of one or more explanations. Shows itself as the last value of a cell.
 * @example
 * const figure = await visualize(explanation);
 * await writeFile("why.html", figure.html());
 */
export class Figure {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** What the maps show, a sentence each: the alternative text. */
  readonly alt: string;
  /** Sentences about the choices and the maps that a reader should know. */
  readonly warnings: readonly string[];
  readonly #png: Uint8Array;
  readonly #sheet: Sheet;
  readonly #text: FigureText;

  private constructor(sheet: Sheet, text: FigureText, { png, width, height, missing }: Rendered) {
    this.width = width;
    this.height = height;
    this.alt = text.claims.map(oneLine).join(" ");
    this.warnings = missing
      ? [
          ...text.warnings,
          missing === 1
            ? "1 character is missing in the picture's typeface and drawn as a box."
            : `${missing} characters are missing in the picture's typeface and drawn as boxes.`,
        ]
      : text.warnings;
    this.#png = png;
    this.#sheet = sheet;
    this.#text = text;
  }

  /** @internal */
  static async of(sheet: Sheet, text: FigureText): Promise<Figure> {
    return new Figure(sheet, text, await render(sheet));
  }

  /** The picture as the bytes of a PNG file. */
  png(): Uint8Array {
    return this.#png.slice();
  }

  /** A self-contained piece of HTML: the picture inlined, with alternative text, and what it shows in words. */
  html(): string {
    return this.#html(`data:image/png;base64,${toBase64(this.#png)}`);
  }

  #html(source: string): string {
    const figure = this.#shown(source);
    return this.#text.held ? folded(figure) : figure;
  }

  #shown(source: string): string {
    const lines = (items: readonly string[], style: string) =>
      items.map((item) => `<p style="margin:2px 0;${style}">${escapeHtml(oneLine(item))}</p>`).join("");
    return [
      `<figure class="sightline-figure" style="margin:0;max-width:${this.width}px">`,
      `<img alt="${escapeHtml(this.alt)}" width="${this.width}" height="${this.height}"`,
      ` style="max-width:100%;height:auto" src="${source}">`,
      '<figcaption style="font:13px/1.4 var(--jp-ui-font-family,system-ui,sans-serif);color:var(--jp-ui-font-color1,inherit)">',
      lines(this.#text.captions, ""),
      lines(this.#text.warnings, HIDDEN),
      lines([...this.warnings.slice(this.#text.warnings.length), ...this.#text.notes], "opacity:.75"),
      "</figcaption></figure>",
    ].join("");
  }

  /**
   * Writes the figure: `.png`, or `.html` for a page. The file is replaced as a whole or not at all.
   * @throws SightlineError `write-failed`; `bad-config` for another ending
   */
  async save(path: string): Promise<void> {
    checkText(path, "the figure's path", "a file name that ends in .png or .html");
    const ending = files.extname(path).toLowerCase();
    if (ending === ".png") return files.writeFileAtomic(path, this.#png);
    if (ending === ".html") return files.writeFileAtomic(path, this.#page());
    throw new SightlineError("bad-config", `cannot save a figure as '${ending || path}'`, {
      received: path,
      expected: "a file name that ends in .png or .html",
    });
  }

  #page(): string {
    const title = oneLine(this.#sheet.title ?? "Sightline");
    const heading = `<h1 style="${HIDDEN}">${escapeHtml(title)}</h1>`;
    return htmlPage({ title, body: `${heading}\n${this.html()}` });
  }

  /** For notebooks, which keep every picture: 256 colours as PNG and, inside the HTML, JPEG; a fifth of the size. */
  async [displaySymbol](): Promise<MimeBundle> {
    const isHeld = this.#text.held === true;
    const pixels = await pictures.decode(this.#png, { maxPixels: this.width * this.height, background: "white" });
    const [png, jpeg] = await Promise.all([
      pictures.encode(pixels, { format: "png", palette: true, effort: 4 }),
      pictures.encode(pixels, { format: "jpeg", quality: 88, chroma: "4:4:4", optimise: true }),
    ]);
    return {
      ...(!isHeld && { "image/png": toBase64(png) }),
      "text/html": this.#html(`data:image/jpeg;base64,${toBase64(jpeg)}`),
      "text/plain": `Figure ${this.width} × ${this.height}: ${isHeld ? "held back until Reveal is pressed" : this.alt}`,
    };
  }
}

/** A figure behind a button that needs no script. */
function folded(figure: string): string {
  const look = "cursor:pointer;padding:8px 16px;font:600 18px/1.4 var(--jp-ui-font-family,system-ui,sans-serif)";
  return `<details class="sightline-held"><summary style="${look}">Reveal</summary>${figure}</details>`;
}

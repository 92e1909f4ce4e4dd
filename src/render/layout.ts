import { pictures } from "#platform/pictures";
import { SightlineError } from "../core/errors.js";
import type { Colour, Shape } from "../platform/pictures.js";
import type { PanelBox } from "./boxes.js";
import type { ColourBar } from "./colour-bar.js";
import { type Typeface, typeface } from "./text.js";

/** One picture of a figure with its label. */
export interface Panel {
  /** RGBA, `width * height`. */
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly label?: string;
  /** A second, smaller line of the label. */
  readonly detail?: string;
  /** Words on the picture itself. */
  readonly message?: string;
  /** Boxes of a detector, drawn over the picture in this order. */
  readonly boxes?: readonly PanelBox[];
  /** The panel's own scale. */
  readonly bar?: ColourBar;
}

/** Panels of one kind, side by side. */
export interface Section {
  readonly heading?: string;
  readonly panels: readonly Panel[];
  readonly columns: number;
  /** One line above each row; panels are then labelled in the first row only. */
  readonly rows?: readonly string[];
  /** The scale of all panels. */
  readonly bar?: ColourBar;
}

/** All that a figure shows, before it is a picture. */
export interface Sheet {
  readonly title?: string;
  readonly sections: readonly Section[];
  readonly caption: readonly string[];
  readonly warnings: readonly string[];
}

export interface Rendered {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Characters that no glyph was found for. */
  readonly missing: number;
}

const MARGIN = 16;
const GAP = 16;
const TITLE = 24;
const LABEL = 17;
const SMALL = 14;
const TINY = 11;
const LEADING = 1.4;
const TICK_SPACE = 64;
const LEAST_WIDTH = 360;
const MOST_PIXELS = 100e6;

const INK = "#1f2328";
const QUIET = "#59636e";
const WARN = "#8a4600";
const FRAME = "#c8ccd1";
const PAPER = "#ffffff";

/** A sheet while it is being laid out: pictures, and what is drawn over them. */
class Canvas {
  readonly images: Shape[] = [];
  readonly marks: Shape[] = [];
  missing = 0;

  constructor(
    readonly regular: Typeface,
    readonly bold: Typeface,
  ) {}

  text(text: string, x: number, baseline: number, size: number, face: Typeface, colour: Colour): void {
    const { path, missing } = face.write(text, x, baseline, size);
    this.missing += missing;
    if (path) this.marks.push({ kind: "path", d: path, fill: colour });
  }

  /** Lines of text from `y` down; returns where they end. */
  lines(lines: readonly string[], x: number, y: number, size: number, face: Typeface, colour: Colour): number {
    for (const [i, line] of lines.entries()) this.text(line, x, y + (i * LEADING + 1) * size, size, face, colour);
    return y + lines.length * LEADING * size;
  }

  image({ data, width, height }: Panel | ColourBar, left: number, top: number): void {
    this.images.push({ kind: "image", pixels: { data, width, height, channels: 4 }, left, top });
  }

  bar(bar: ColourBar, left: number, top: number): void {
    this.image(bar, left, top);
    const [w, h] = [bar.width, bar.height];
    const frame = { x: left - 0.5, y: top - 0.5, width: w + 1, height: h + 1 };
    this.marks.push({ kind: "rect", ...frame, stroke: { colour: FRAME, width: 1 } });
    for (const { y, text } of bar.ticks) {
      const baseline = top + Math.min(h, Math.max(SMALL * 0.75, y + SMALL * 0.36));
      this.text(text, left + w + 6, baseline, SMALL, this.regular, INK);
    }
    if (bar.unit) this.text(bar.unit, left + w + 6, top + SMALL * 0.75 + LEADING * TINY, TINY, this.regular, QUIET);
  }
}

/**
 * Lays a sheet out and makes a PNG of it. All text is drawn as outlines, so that it looks the same everywhere.
 * @throws SightlineError `bad-config` when the figure would be larger than 100 million pixels
 */
export async function render(sheet: Sheet): Promise<Rendered> {
  const texts = textsOf(sheet);
  const [regular, bold] = await Promise.all([typeface(400, texts), typeface(600, texts)]);
  const canvas = new Canvas(regular, bold);
  const width = Math.max(LEAST_WIDTH, ...sheet.sections.map(sectionWidth)) + 2 * MARGIN;
  const inner = width - 2 * MARGIN;
  let y = MARGIN;
  if (sheet.title) {
    y = canvas.lines(bold.wrap(sheet.title, TITLE, inner, 2), MARGIN, y, TITLE, bold, INK) + 2;
  }
  for (const section of sheet.sections) y = placeSection(canvas, section, inner, y) + GAP;
  y -= 6;
  for (const line of sheet.caption) {
    y = canvas.lines(regular.wrap(line, SMALL, inner, 3), MARGIN, y, SMALL, regular, QUIET);
  }
  for (const line of sheet.warnings) {
    y = canvas.lines(regular.wrap(line, SMALL, inner, 3), MARGIN, y, SMALL, regular, WARN);
  }
  const height = Math.ceil(y + MARGIN - 6);
  if (width * height > MOST_PIXELS) {
    throw new SightlineError("bad-config", `a figure of ${width} × ${height} pixels is too large`, {
      received: { width, height },
      expected: `${MOST_PIXELS / 1e6} million pixels at most`,
      next: "show fewer targets or give a smaller output_size",
    });
  }
  const drawn = await pictures.draw({
    width,
    height,
    background: PAPER,
    shapes: [...canvas.images, ...canvas.marks],
  });
  const png = await pictures.encode(drawn, { format: "png" });
  return { png, width, height, missing: canvas.missing };
}

/** Everything that is written somewhere on the sheet. */
function textsOf({ title, sections, caption, warnings }: Sheet): string[] {
  const onBar = (bar: ColourBar | undefined) => [bar?.unit, ...(bar?.ticks.map(({ text }) => text) ?? [])];
  const onPanel = ({ label, detail, message, boxes = [], bar }: Panel) => [
    label,
    detail,
    message,
    ...boxes.map(({ name }) => name),
    ...onBar(bar),
  ];
  const inSection = ({ heading, panels, rows = [], bar }: Section) => [
    heading,
    ...panels.flatMap(onPanel),
    ...rows,
    ...onBar(bar),
  ];
  const texts = [title, ...sections.flatMap(inSection), ...caption, ...warnings];
  return texts.filter((text) => text !== undefined);
}

const barSpace = (bar: ColourBar | undefined) => (bar ? 10 + bar.width + TICK_SPACE : 0);

function cellWidth({ panels }: Section): number {
  return Math.max(...panels.map((panel) => panel.width + barSpace(panel.bar)));
}

function sectionWidth(section: Section): number {
  return section.columns * (cellWidth(section) + GAP) - GAP + barSpace(section.bar);
}

/** @param inner the width between the margins @param from where it begins; returned is where it ends */
function placeSection(canvas: Canvas, section: Section, inner: number, from: number): number {
  const { panels, columns, rows, bar } = section;
  const cell = cellWidth(section);
  let y = from;
  if (section.heading) {
    y = canvas.lines(canvas.bold.wrap(section.heading, LABEL, inner, 2), MARGIN, y + 4, LABEL, canvas.bold, INK) + 2;
  }
  let barTop: number | undefined;
  for (let first = 0, row = 0; first < panels.length; first += columns, row++) {
    const inRow = panels.slice(first, first + columns);
    const labelled = !rows || row === 0;
    if (row > 0) y += GAP;
    const labels = inRow.map(({ label, width }) => (label && labelled ? canvas.bold.wrap(label, LABEL, width, 2) : []));
    const details = inRow.map(({ detail, width }) => (detail ? canvas.regular.wrap(detail, SMALL, width, 2) : []));
    const labelLines = Math.max(...labels.map(({ length }) => length));
    const detailLines = Math.max(...details.map(({ length }) => length));
    const labelEnd = y + labelLines * LEADING * LABEL;
    let top = labelEnd + detailLines * LEADING * SMALL;
    inRow.forEach((_, i) => {
      const x = MARGIN + i * (cell + GAP);
      canvas.lines(labels[i], x, labelEnd - labels[i].length * LEADING * LABEL, LABEL, canvas.bold, INK);
      canvas.lines(details[i], x, labelEnd, SMALL, canvas.regular, QUIET);
    });
    if (rows)
      top = canvas.lines(
        canvas.regular.wrap(rows[row], SMALL, cell * columns, 1),
        MARGIN,
        top,
        SMALL,
        canvas.regular,
        QUIET,
      );
    top = Math.round(top + 2);
    barTop ??= top;
    inRow.forEach((panel, i) => {
      const left = Math.round(MARGIN + i * (cell + GAP));
      canvas.image(panel, left, top);
      for (const each of panel.boxes ?? []) box(canvas, each, left, top, panel);
      if (panel.message) note(canvas, panel.message, left, top, panel);
      if (panel.bar) canvas.bar(panel.bar, left + panel.width + 10, top);
    });
    y = top + Math.max(...inRow.map(({ height }) => height));
  }
  if (bar && barTop !== undefined) canvas.bar(bar, Math.round(MARGIN + columns * (cell + GAP) - GAP + 10), barTop);
  return y;
}

/** A detector's box: light on dark, so that it is seen on every map; the explained one thick, with its name beside it. */
function box(canvas: Canvas, { left, top, right, bottom, name }: PanelBox, x: number, y: number, panel: Panel): void {
  const line = name ? 4 : 2;
  const outer = line + 2;
  const inset = outer / 2;
  const at = [left, right].map((value) => Math.round(x + Math.min(panel.width - inset, Math.max(inset, value))));
  const down = [top, bottom].map((value) => Math.round(y + Math.min(panel.height - inset, Math.max(inset, value))));
  const corners = {
    kind: "rect",
    x: at[0],
    y: down[0],
    width: Math.max(1, at[1] - at[0]),
    height: Math.max(1, down[1] - down[0]),
  } as const;
  const dashes = name ? undefined : ([5, 4] as const);
  canvas.marks.push(
    { ...corners, stroke: { colour: INK, width: outer, dashes } },
    { ...corners, stroke: { colour: PAPER, width: line, dashes } },
  );
  if (!name) return;
  const tall = SMALL * LEADING;
  const text = canvas.bold.fit(name, SMALL, panel.width - 2 * outer - 10);
  const wide = canvas.bold.width(text, SMALL) + 10;
  const tagX = Math.min(at[0] - inset, x + panel.width - wide);
  const above = down[0] - inset - tall;
  const below = down[1] + inset;
  const tagY = above >= y ? above : below + tall <= y + panel.height ? below : down[0] + inset;
  const tenths = (value: number) => Number(value.toFixed(1));
  const tag = { x: tenths(tagX), y: tenths(tagY), width: tenths(wide), height: tenths(tall) };
  canvas.marks.push({ kind: "rect", ...tag, fill: INK });
  canvas.text(text, tagX + 5, tagY + 0.98 * SMALL, SMALL, canvas.bold, PAPER);
}

/** Words on a light band across the middle of a panel. */
function note(canvas: Canvas, text: string, left: number, top: number, { width, height }: Panel): void {
  const size = Math.min(LABEL, Math.max(10, width / 13));
  const lines = canvas.regular.wrap(text, size, width - 16, 3);
  const tall = lines.length * LEADING * size + 12;
  const y = top + (height - tall) / 2;
  canvas.marks.push({ kind: "rect", x: left, y, width, height: tall, fill: PAPER, opacity: 0.88 });
  lines.forEach((line, i) => {
    const x = left + (width - canvas.regular.width(line, size)) / 2;
    canvas.text(line, x, y + 4 + (i * LEADING + 1) * size, size, canvas.regular, INK);
  });
}

import { escapeHtml } from "../core/html.js";
import type { RawImage } from "../core/raw-image.js";
import type { Prediction } from "../model/types.js";
import { Figure } from "../render/figure.js";
import { shortLabel } from "../render/figure-words.js";
import { oneLine, probability } from "../render/format.js";
import type { Panel } from "../render/layout.js";
import type { ClaimPictures, ClaimTest } from "./claim-test.js";

/** Least sides of the pictures, in pixels; they are enlarged by whole numbers, and one side more where the input stretches them. */
const LARGE = 400;
const SMALL = 120;
const OUTLINE = [255, 140, 0] as const;
/** How many of the most probable classes are listed: of the answer before, and of what the model says instead. */
const LISTED_BEFORE = 2;
const LISTED_AFTER = 3;

/**
 * Two pictures side by side, large; below them what the model was shown for some of the random regions.
 * @param captioned whether the sentence stands below; not where it stands elsewhere
 */
export function claimFigure(
  claim: ClaimTest,
  pictures: ClaimPictures,
  sentence: string,
  captioned = true,
): Promise<Figure> {
  const { target, change, action, controls } = claim;
  const { before, after, region } = pictures;
  const shape = ({ width, height }: RawImage, least: number) => unstretched(width, height, pictures.aspect, least);
  const outlined = outline(enlarged(before, shape(before, LARGE)), region, before.width);
  const elsewhere = pictures.controls.map((picture, i) => ({
    ...enlarged(picture, shape(picture, SMALL)),
    label: probability(target.probability + controls[i]),
  }));
  const act = action === "hide" ? "the region hidden" : "only the region kept";
  return Figure.of(
    {
      title: `${shortLabel(target.label)} ${probability(target.probability)} to ${probability(target.probability + change)}`,
      sections: [
        {
          columns: 2,
          panels: [
            { ...outlined, label: "the picture, the region outlined" },
            { ...enlarged(after, shape(after, LARGE)), label: act },
          ],
        },
        ...(elsewhere.length > 0
          ? [
              {
                heading: `${shortLabel(target.label)} with the same shape elsewhere, ${elsewhere.length} of ${controls.length}`,
                columns: elsewhere.length,
                panels: elsewhere,
              },
            ]
          : []),
      ],
      caption: captioned ? [sentence] : [],
      warnings: [],
    },
    { claims: [sentence], captions: [], warnings: [], notes: [] },
  );
}

/** The size of a panel that shows pixels of an input in the shape of the photograph, its shorter side at least so long. */
function unstretched(width: number, height: number, aspect: number, least: number): { across: number; down: number } {
  const factor = Math.max(1, Math.ceil(least / Math.min(width, height)));
  const [across, down] = [width * factor, height * factor];
  const stretch = aspect / (width / height);
  return stretch > 1 ? { across: Math.round(across * stretch), down } : { across, down: Math.round(down / stretch) };
}

/** A picture as a panel of a size, its pixels kept sharp. */
function enlarged({ data, width, height }: RawImage, { across, down }: { across: number; down: number }): Panel {
  const out = new Uint8ClampedArray(across * down * 4);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const from = (Math.floor((y * height) / down) * width + Math.floor((x * width) / across)) * 3;
      const to = (y * across + x) * 4;
      for (let c = 0; c < 3; c++) out[to + c] = data[from + c];
      out[to + 3] = 255;
    }
  }
  return { data: out, width: across, height: down };
}

/** Draws the border of a region, given at the resolution of a picture of some width, on the enlarged picture. */
function outline(panel: Panel, region: Uint8Array, columns: number): Panel {
  const rows = region.length / columns;
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < columns && y < rows && region[y * columns + x] === 1;
  const reach = Math.max(2, Math.round(panel.width / 150));
  const isBorder = (x: number, y: number) => {
    const at = (dx: number, dy: number) =>
      inside(Math.floor(((x + dx) * columns) / panel.width), Math.floor(((y + dy) * rows) / panel.height));
    return at(0, 0) && !(at(-reach, 0) && at(reach, 0) && at(0, -reach) && at(0, reach));
  };
  const data = new Uint8ClampedArray(panel.data);
  for (let y = 0; y < panel.height; y++) {
    for (let x = 0; x < panel.width; x++) if (isBorder(x, y)) data.set(OUTLINE, (y * panel.width + x) * 4);
  }
  return { ...panel, data };
}

/**
 * The picture with the sentence above it and the classes before and after beside each other below.
 * @param picture a PNG in base64
 */
export function claimHtml(claim: ClaimTest, sentence: string, picture: string, { width, height }: Figure): string {
  const text = "margin:0 0 8px;font:18px/1.4 var(--jp-ui-font-family,system-ui,sans-serif)";
  const words = "overflow-wrap:normal;word-break:normal;white-space:normal";
  return [
    '<div class="sightline-claim">',
    `<p style="${text};${words};max-width:60em">${escapeHtml(oneLine(sentence))}</p>`,
    `<img alt="" width="${width}" height="${height}" style="max-width:100%;height:auto" src="data:image/png;base64,${picture}">`,
    answersTable(claim),
    controlsStrip(claim),
    "</div>",
  ].join("\n");
}

function answersTable({ target, change, before, after }: ClaimTest): string {
  const labels = [
    ...new Set([target, ...before.slice(0, LISTED_BEFORE), ...after.slice(0, LISTED_AFTER)].map(({ index }) => index)),
  ];
  const nameOf = (index: number) => [target, ...before, ...after].find((one) => one.index === index)?.label ?? "";
  const probabilityOf = (index: number, answers: readonly Prediction[], ofTarget: number) =>
    index === target.index ? ofTarget : answers.find((one) => one.index === index)?.probability;
  const rows = labels.map((index) => {
    const weight = index === target.index ? "bold" : "normal";
    return (
      `<tr><th scope="row" style="text-align:left;font-weight:${weight};padding:2px 16px 2px 0">${escapeHtml(oneLine(nameOf(index)))}</th>` +
      bar(probabilityOf(index, before, target.probability)) +
      bar(probabilityOf(index, after, target.probability + change)) +
      "</tr>"
    );
  });
  const head = ["class", "before", "after"].map((name) => `<th scope="col" style="text-align:left">${name}</th>`);
  return (
    '<table style="border-collapse:collapse;font-size:16px;margin:8px 0">' +
    `<thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`
  );
}

/** A probability over a bar; a dash where the class was not among the most probable. */
function bar(value: number | undefined): string {
  const cell = "position:relative;min-width:200px;font-variant-numeric:tabular-nums;padding:2px 8px";
  if (value === undefined) return `<td style="${cell}">–</td>`;
  const share = Math.round(100 * Math.min(1, Math.max(0, value)));
  const behind = `position:absolute;inset:2px auto 2px 0;width:${share}%;background:var(--jp-brand-color1,#1976d2);opacity:.25`;
  return (
    `<td style="${cell}" title="${value}"><span aria-hidden="true" style="${behind}"></span>` +
    `<span style="position:relative">${escapeHtml(probability(value))}</span></td>`
  );
}

/** Every random region as a grey tick on a line from 0 to 1, and the tested one as a dark mark. */
function controlsStrip({ target, change, controls }: ClaimTest): string {
  if (controls.length === 0) return "";
  const at = (value: number) => (100 * Math.min(1, Math.max(0, target.probability + value))).toFixed(1);
  const tick = (value: number, style: string) => `<span style="position:absolute;left:${at(value)}%;${style}"></span>`;
  const grey = controls.map((value) => tick(value, "top:4px;bottom:4px;width:1px;background:#888"));
  const mark = tick(change, "top:0;bottom:0;width:4px;margin-left:-2px;background:var(--jp-brand-color1,#1976d2)");
  const name = escapeHtml(oneLine(target.label));
  return [
    '<div style="max-width:640px;font-size:14px">',
    `<div>${name} after the region (blue), and after ${controls.length} regions of the same shape elsewhere (grey)</div>`,
    `<div style="position:relative;height:28px;border-bottom:1px solid #888" aria-hidden="true">${grey.join("")}${mark}</div>`,
    '<div style="display:flex;justify-content:space-between"><span>0</span><span>1</span></div>',
    "</div>",
  ].join("");
}

import { escapeUTF8 } from "entities";
import sharp from "sharp";
import type { ExplanationData } from "../../src/explanation/explanation-data.js";
import { backdrop } from "../../src/render/backdrop.js";
import { resolveConfig, type VisualizationConfig } from "../../src/render/config.js";
import { describeMap } from "../../src/render/describe.js";
import { scoreScale } from "../../src/render/map-items.js";
import { paintPanel } from "../../src/render/panel.js";
import { prepareMap } from "../../src/render/prepared-map.js";

const TYPES = ["Outlines", "Pixels"];
const POLARITIES = ["positive", "negative", "both"];
const CLIPPING = [
  [0, 100],
  [70, 99.9],
  [90, 99],
] as const;
const OVERLAYS = ["grayscale", "original", "none", "mask_black"];

/**
 * A page that shows one explanation in every combination of type, polarity, three clipping levels and overlay type:
 * what each key of the visualization config does, side by side.
 * @param size pixels of each picture's sides
 */
export async function galleryPage(
  explanation: ExplanationData,
  { size = 160 }: { size?: number } = {},
): Promise<string> {
  const { image, defaults, provenance } = explanation;
  const map = explanation.map();
  const scale = scoreScale(explanation, explanation.targets[0]);
  const back = await backdrop(image, { extent: "view", outputSize: [size, size] }, { least: size, most: size });
  const prepared = prepareMap(map, back.view, { scale });
  const words = describeMap(map, scale);
  const cell = async (config: VisualizationConfig): Promise<string> => {
    const look = resolveConfig(config, { method: provenance.method, signed: map.signed, defaults });
    const painted = paintPanel(back, prepared, look, prepared.percentiles.range(look));
    const png = await sharp(painted, { raw: { width: size, height: size, channels: 4 } })
      .png()
      .toBuffer();
    const alt = escapeUTF8(
      `${look.type}, ${look.polarity}, ${look.clipBelow} to ${look.clipAbove}, ${look.overlay}: ${words}`,
    );
    return `<td><img alt="${alt}" width="${size}" height="${size}" src="data:image/png;base64,${png.toString("base64")}"></td>`;
  };
  const tables: string[] = [];
  for (const type of TYPES) {
    const rows: string[] = [];
    for (const polarity of POLARITIES) {
      for (const [below, above] of CLIPPING) {
        const look = {
          type,
          polarity,
          clip_below_percentile: below,
          clip_above_percentile: above,
          color_map: "pink_green",
        };
        const cells = await Promise.all(OVERLAYS.map((overlay_type) => cell({ ...look, overlay_type })));
        rows.push(`<tr><th scope="row">${polarity}<br>${below} – ${above} %</th>${cells.join("")}</tr>`);
      }
    }
    const head = OVERLAYS.map((overlay) => `<th scope="col">${overlay}</th>`).join("");
    tables.push(
      `<h2>${type}</h2><table><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`,
    );
  }
  const { label } = explanation.targets[0];
  const title = `How it can be drawn: ${explanation.provenance.method}, ${label}`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeUTF8(title)}</title><style>${STYLE}</style>
<body><h1>${escapeUTF8(title)}</h1>${tables.join("")}</body></html>
`;
}

const STYLE =
  "body{font:14px/1.4 system-ui,sans-serif;color:#1f2328;margin:24px}table{border-spacing:8px}" +
  "th{font-weight:500;text-align:left;padding-right:8px}img{display:block}";

import type { Artifact } from "../core/raw-map.js";
import type { ExplanationData } from "../explanation/explanation-data.js";
import { cut } from "./backdrop.js";
import { colourBar } from "./colour-bar.js";
import { type ResolvedConfig, resolveConfig, type VisualizationConfig } from "./config.js";
import type { Panel, Section } from "./layout.js";
import { paint } from "./paint.js";
import { BAR_WIDTH, panelBounds } from "./panel-size.js";
import { Percentiles, prepareMap } from "./prepared-map.js";

/** Artifacts up to this number stand side by side whatever their kind. */
export const FEW_ARTIFACTS = 4;

/** The pictures that a method made itself, those of one kind on one scale. */
export async function artifactSections(
  explanation: ExplanationData,
  config: VisualizationConfig,
  beside: number | undefined,
): Promise<Section[]> {
  const { artifacts, provenance, defaults } = explanation;
  if (artifacts.length === 0) return [];
  const resolved = resolveConfig(config, { method: provenance.method, signed: true, defaults });
  const many = artifacts.length > 16;
  const columns = Math.min(artifacts.length, resolved.columns ?? (many ? 8 : 4));
  const { most } = panelBounds(beside ?? columns);
  const side = many ? Math.min(most, 128) : most;
  const mixed = artifacts.length <= FEW_ARTIFACTS;
  const drawn = await Promise.all(
    (["image", "signed", "unsigned"] as const).map(async (kind) => {
      const members = artifacts.filter((artifact) => artifact.kind === kind);
      const ownBars = mixed || resolved.separateScales;
      return kind === "image"
        ? { panels: await Promise.all(members.map((one) => picturePanel(one, side))) }
        : mapPanels(members, kind === "signed", { side, ownBars, config: resolved });
    }),
  );
  if (mixed) return [{ columns, panels: drawn.flatMap(({ panels }) => panels) }];
  return drawn
    .filter(({ panels }) => panels.length > 0)
    .map((section) => ({ ...section, columns: Math.min(columns, section.panels.length) }));
}

function mapPanels(
  artifacts: readonly Artifact[],
  signed: boolean,
  { side, ownBars, config }: { side: number; ownBars: boolean; config: ResolvedConfig },
): Pick<Section, "panels" | "bar"> {
  const look = artifactLook(signed, config);
  const maps = artifacts.map((artifact) => ({ ...artifact, signed }));
  const shared = new Percentiles(maps).range(look);
  const panels = maps.map((map) => {
    const size = scaled(map, side);
    const prepared = prepareMap(map, size, { smooth: config.smooth });
    const range = config.separateScales ? prepared.percentiles.range(look) : shared;
    const data = new Uint8ClampedArray(size.width * size.height * 4);
    paint(prepared, { data: new Uint8Array(size.width * size.height * 3), ...size }, look, data, range);
    const bar = ownBars ? colourBar(look, range, signed, BAR_WIDTH, size.height) : undefined;
    return { data, ...size, label: map.title, bar };
  });
  const bar = ownBars || !panels[0] ? undefined : colourBar(look, shared, signed, BAR_WIDTH, panels[0].height);
  return { panels, bar };
}

/** Artifacts are shown whole: every value, on paper. */
function artifactLook(signed: boolean, config: ResolvedConfig): ResolvedConfig {
  return {
    ...config,
    type: "pixels",
    polarity: signed ? "both" : "positive",
    clipBelow: 0,
    clipAbove: signed ? 99.9 : 100,
    colourMap: signed ? "pink_white_green" : "viridis",
    overlay: "none",
  };
}

function scaled({ width, height }: { width: number; height: number }, side: number) {
  const scale = side / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function picturePanel(artifact: Artifact, side: number): Promise<Panel> {
  const { width, height } = artifact;
  const size = scaled(artifact, side);
  const rgb = Uint8ClampedArray.from(artifact.data);
  const { data } = await cut({ data: rgb, width, height }, { x: 0, y: 0, width, height }, size);
  const out = new Uint8ClampedArray(size.width * size.height * 4).fill(255);
  for (let i = 0, o = 0; i < data.length; i += 3, o += 4) out.set(data.subarray(i, i + 3), o);
  return { data: out, ...size, label: artifact.title };
}

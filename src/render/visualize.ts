import { SightlineError } from "../core/errors.js";
import type { Artifact } from "../core/raw-map.js";
import type { ExplanationData } from "../explanation/explanation-data.js";
import type { Provenance } from "../explanation/parts.js";
import type { SaliencyMap } from "../explanation/saliency-map.js";
import type { Prediction } from "../model/types.js";
import { backdrop, cut } from "./backdrop.js";
import { boxInWords, panelBoxes } from "./boxes.js";
import { colourBar } from "./colour-bar.js";
import { type ResolvedConfig, resolveConfig, type VisualizationConfig } from "./config.js";
import { describeMap } from "./describe.js";
import { Figure } from "./figure.js";
import { duration, plural, probability } from "./format.js";
import type { Panel, Section } from "./layout.js";
import { paint } from "./paint.js";
import { paintPanel } from "./panel.js";
import { emptiness, Percentiles, prepareMap, type Range } from "./prepared-map.js";

/** Maps that are shown when no targets are named. */
const MOST_PANELS = 24;

/** Pixels. */
const BAR_WIDTH = 14;

/** One map to be drawn. */
interface Item {
  readonly explanation: ExplanationData;
  readonly target: Prediction;
  readonly map: SaliencyMap;
  readonly config: ResolvedConfig;
  /** Maps of one group have one scale. */
  readonly group: string;
}

/**
 * Draws explanations: one panel for each explained class, or those named by `targets`; several explanations side by
 * side. Maps of one method share one scale unless `scaling` separates them.
 * @example
 * const figure = await visualize(explanation, { type: "outlines", clip_below_percentile: 70 });
 * await figure.save("why.png");
 * @throws SightlineError `unknown-option`, `bad-config`, `unknown-label`
 */
export async function visualize(
  explanations: ExplanationData | readonly ExplanationData[],
  config: VisualizationConfig = {},
): Promise<Figure> {
  const all: readonly ExplanationData[] = Array.isArray(explanations)
    ? explanations
    : [explanations as ExplanationData];
  if (all.length === 0) {
    throw new SightlineError("bad-config", "nothing to visualize", { expected: "at least one explanation" });
  }
  const wanted = all.flatMap((explanation, i) => itemsOf(explanation, config, i));
  const named = config.targets !== undefined;
  const items = named ? wanted : wanted.slice(0, MOST_PANELS);
  const configs = items.map((item) => item.config);
  const ranges = sharedRanges(items);
  const extras = all.reduce((sum, { artifacts }) => sum + artifacts.length, 0);
  const inOneRow = extras > 0 && items.length + extras <= FEW;
  const beside = inOneRow ? items.length + extras : undefined;
  const maps = items.length > 0 ? await mapSection(all, items, ranges, beside) : undefined;
  const others = (await Promise.all(all.map((one) => artifactSections(one, config, beside)))).flat();
  const every = [...(maps ? [maps.section] : []), ...others];
  const sections = beside ? [{ columns: beside, panels: every.flatMap(({ panels }) => panels) }] : every;

  const warnings = new Set(configs.flatMap((each) => each.warnings.map(({ message }) => message)));
  if (items.length < wanted.length) {
    warnings.add(`The first ${items.length} of ${plural(wanted.length, "map")}: name targets to see others.`);
  }
  for (const { map, target } of items) {
    const missing = map.data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
    if (missing) warnings.add(`${plural(missing, "value")} of the map of ${target.label} not finite, left blank.`);
  }
  const groups = new Set(items.map(({ group }) => group));
  if (groups.size > 1) {
    warnings.add(
      configs[0].separateScales
        ? "Every map has its own scale: colours cannot be compared between them."
        : "Every method has its own scale: colours cannot be compared between methods.",
    );
  }
  return Figure.of(
    {
      title: maps ? maps.title : `${all[0].image.name}: ${all[0].provenance.method}`,
      sections,
      caption: captions(all),
      warnings: [...warnings],
    },
    {
      claims: [...items.map((item) => claim(item, all)), ...all.flatMap(artifactClaims)],
      warnings: [...warnings],
      notes: [...new Set(all.flatMap(({ provenance }) => provenance.notes))],
    },
  );
}

function itemsOf(explanation: ExplanationData, config: VisualizationConfig, position: number): Item[] {
  const { provenance, defaults, artifacts } = explanation;
  const signed = explanation.map().signed;
  const resolved = resolveConfig(config, { method: provenance.method, signed, defaults });
  const targets = resolved.targets ?? explanation.targets.map(({ index }) => index);
  return targets
    .map((target) => {
      const at = explanation.indexOf(target);
      return {
        explanation,
        target: explanation.targets[at],
        map: explanation.map(target),
        config: resolved,
        group: resolved.separateScales ? `${position} ${at}` : `${provenance.method} ${provenance.score} ${signed}`,
      };
    })
    .filter(({ map }) => artifacts.length === 0 || map.data.some((value) => value !== 0));
}

/** The size of the scores behind a map, for telling evidence from rounding. */
export function scoreScale({ provenance }: ExplanationData, { probability }: Prediction): number {
  return { probability, logit: 0.01, none: 0 }[provenance.score];
}

/** One range for each group of maps, of those that say anything. */
function sharedRanges(items: readonly Item[]): Map<string, Range> {
  const ranges = new Map<string, Range>();
  for (const group of new Set(items.map((item) => item.group))) {
    const members = items.filter((item) => item.group === group);
    const telling = members.filter(({ map, explanation, target, config }) => {
      const prepared = prepareMap(map, { width: 1, height: 1 }, { scale: scoreScale(explanation, target) });
      return emptiness(prepared, config.polarity) === undefined;
    });
    const maps = (telling.length > 0 ? telling : members).map(({ map }) => map);
    ranges.set(group, new Percentiles(maps).range(members[0].config));
  }
  return ranges;
}

/** Bounds of a panel's longer side, by how many stand in a row: side by side all have the same. */
function panelBounds(columns: number): { least: number; most: number } {
  if (columns === 1) return { least: 384, most: 512 };
  const side = Math.min(400, Math.floor(1080 / columns));
  return { least: side, most: side };
}

async function mapSection(
  all: readonly ExplanationData[],
  items: readonly Item[],
  ranges: ReadonlyMap<string, Range>,
  beside: number | undefined,
): Promise<{ title?: string; section: Section }> {
  const { columns: wantedColumns, printPrediction } = items[0].config;
  const per = items.length / all.length;
  const sameTargets = items.every(({ target }, i) => target.index === items[i % per]?.target.index);
  const matrix = all.length > 1 && per > 1 && sameTargets && per <= (wantedColumns ?? 4);
  const columns = matrix ? per : Math.min(items.length, wantedColumns ?? 4);
  const oneTarget = new Set(items.map(({ target }) => target.index)).size === 1;
  const oneImage = new Set(all.map(({ image }) => image)).size === 1 || sameNames(all);
  const oneBar = ranges.size === 1 && !beside;
  const title = oneTarget ? asked(items[0].target, printPrediction, oneImage, true) : undefined;
  const bounds = panelBounds(beside ?? columns);
  const panels: Panel[] = [];
  for (const item of items) {
    const { explanation, target, map, config } = item;
    const back = await backdrop(explanation.image, config, bounds);
    const prepared = prepareMap(map, back.view, { scale: scoreScale(explanation, target), smooth: config.smooth });
    const range = ranges.get(item.group) as Range;
    const { width, height } = back.picture;
    const message = emptiness(prepared, config.polarity);
    panels.push({
      data: paintPanel(back, prepared, config, range),
      width,
      height,
      label: oneTarget ? undefined : asked(target, printPrediction, !matrix || oneImage, false),
      detail: matrix ? undefined : difference(explanation, all),
      message,
      boxes: panelBoxes(explanation, target, back),
      bar: oneBar || message ? undefined : barOf(item, range, height),
    });
  }
  const empty = panels.every(({ message }) => message !== undefined);
  const bar = oneBar && !empty ? barOf(items[0], ranges.get(items[0].group) as Range, panels[0].height) : undefined;
  const rows = matrix ? all.map((explanation) => difference(explanation, all) ?? "") : undefined;
  return { title, section: { panels, columns, rows, bar } };
}

const barOf = ({ map, config }: Item, range: Range, height: number) =>
  colourBar(config, range, map.signed, BAR_WIDTH, height);

/** Characters of a label that a title shows, so that the probability behind it is not cut off. */
const LABEL_LENGTH = 44;

/** "Why tiger cat, .39?" */
function asked({ label, probability: p }: Prediction, print: boolean, withNumber: boolean, alone: boolean) {
  const name = label.length > LABEL_LENGTH ? `${label.slice(0, LABEL_LENGTH).trimEnd()}…` : label;
  if (!print) return alone ? undefined : name;
  return withNumber ? `Why ${name}, ${probability(p)}?` : `Why ${name}?`;
}

function sameNames(all: readonly ExplanationData[]): boolean {
  return all.every(({ image }) => image.name === all[0].image.name);
}

/** What tells an explanation from the others it is shown with. */
function difference(explanation: ExplanationData, all: readonly ExplanationData[]): string | undefined {
  if (all.length === 1) return undefined;
  const parts: string[] = [];
  const differs = (of: (one: ExplanationData) => string) => all.some((one) => of(one) !== of(all[0]));
  const add = (of: (one: ExplanationData) => string, text = of) => differs(of) && parts.push(text(explanation));
  add(({ image }) => image.name);
  add(({ provenance }) => provenance.model.name);
  add(({ provenance }) => provenance.method);
  add(
    ({ provenance }) => String(provenance.seed),
    ({ provenance }) => `seed ${provenance.seed}`,
  );
  const first = ({ targets }: ExplanationData) => targets[0];
  if (all.every((one) => one.targets.length === 1 && first(one).index === first(all[0]).index)) {
    add((one) => probability(first(one).probability));
  }
  if (parts.length === 0) parts.push(...ownOptions(explanation, all));
  return parts.join(" · ") || `number ${all.indexOf(explanation) + 1}`;
}

/** What stands among a run's options and was not asked for: it came out. */
const OUTCOMES: ReadonlySet<string> = new Set(["passes", "headPasses", "convergence"]);

/** Options that tell runs of one method apart, "targetLayer head.relu"; lists and objects are too long for a title. */
function ownOptions({ provenance }: ExplanationData, all: readonly ExplanationData[]): string[] {
  return Object.entries(provenance.options)
    .filter(([name, value]) => {
      const differs = all.some((one) => one.provenance.options[name] !== value);
      return differs && !OUTCOMES.has(name) && ["string", "number", "boolean"].includes(typeof value);
    })
    .slice(0, 2)
    .map(([name, value]) => `${name} ${value}`);
}

/** One line a method: what it cost. */
function captions(all: readonly ExplanationData[]): string[] {
  const runs = all.map(({ provenance }) => provenance);
  return [...new Set(runs.map(({ method }) => method))].map((method) => {
    const own = runs.filter((run) => run.method === method);
    const sum = (value: (run: Provenance) => number) => own.reduce((total, run) => total + value(run), 0);
    const backward = sum(({ backwardPasses }) => backwardPasses);
    const seeds = [...new Set(own.map(({ seed }) => seed))];
    return [
      method,
      plural(
        sum(({ forwardPasses }) => forwardPasses),
        "forward pass",
        "forward passes",
      ),
      ...(backward ? [plural(backward, "backward pass", "backward passes")] : []),
      duration(sum(({ milliseconds }) => milliseconds)),
      `${seeds.length > 1 ? "seeds" : "seed"} ${seeds.slice(0, 8).join(", ")}`,
      own.length > 1 ? `${own.length} explanations together` : own[0].model.name,
    ].join("\u00a0· ");
  });
}

function claim(item: Item, all: readonly ExplanationData[]): string {
  const { explanation, target, map } = item;
  const where = difference(explanation, all);
  const words = describeMap(map, scoreScale(explanation, target));
  const box = boxInWords(explanation, target);
  return `${where ? `${where}: ` : ""}Why ${target.label}, ${probability(target.probability)}${box ? `, ${box}` : ""}? ${words[0].toUpperCase()}${words.slice(1)}.`;
}

/** What the method's own pictures are, by their titles. */
function artifactClaims({ artifacts, provenance, image }: ExplanationData): string[] {
  if (artifacts.length === 0) return [];
  const titles = artifacts.slice(0, FEW).map(({ title }) => title);
  const more = artifacts.length > FEW ? `, and ${artifacts.length - FEW} more` : "";
  return [`${provenance.method} of ${image.name}: ${titles.join(", ")}${more}.`];
}

/** Artifacts up to this number stand side by side whatever their kind. */
const FEW = 4;

/** The pictures that a method made itself, those of one kind on one scale. */
async function artifactSections(
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
  const mixed = artifacts.length <= FEW;
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
  const look = exhibitLook(signed, config);
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
function exhibitLook(signed: boolean, config: ResolvedConfig): ResolvedConfig {
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

import { SightlineError } from "../core/errors.js";
import { checkExplanation } from "../explanation/check-explanation.js";
import type { ExplanationData } from "../explanation/explanation-data.js";
import { artifactSections, FEW_ARTIFACTS } from "./artifact-sections.js";
import { backdrop } from "./backdrop.js";
import { panelBoxes } from "./boxes.js";
import { colourBar, unitOf } from "./colour-bar.js";
import type { VisualizationConfig } from "./config.js";
import { Figure } from "./figure.js";
import { artifactClaims, asking, captions, claim, difference, question, sameNames } from "./figure-words.js";
import { plural } from "./format.js";
import type { Panel, Section } from "./layout.js";
import { type MapItem, mapItems, scoreScale, sharedRanges } from "./map-items.js";
import { paintPanel } from "./panel.js";
import { BAR_WIDTH, panelBounds } from "./panel-size.js";
import { emptiness, prepareMap, type Range } from "./prepared-map.js";
import { outlineRegion } from "./region-outline.js";

/** Maps that are shown when no targets are named. */
const MOST_PANELS = 24;

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
  all.forEach(checkExplanation);
  const every = all.flatMap((explanation, i) => mapItems(explanation, config, i));
  const items = config.targets === undefined ? every.slice(0, MOST_PANELS) : every;
  const extras = all.reduce((sum, { artifacts }) => sum + artifacts.length, 0);
  const inOneRow = extras > 0 && items.length + extras <= FEW_ARTIFACTS;
  const beside = inOneRow ? items.length + extras : undefined;
  const maps = items.length > 0 ? await mapSection(all, items, sharedRanges(items), beside) : undefined;
  const artifacts = (await Promise.all(all.map((one) => artifactSections(one, config, beside)))).flat();
  const sections = [...(maps ? [maps.section] : []), ...artifacts];
  const warnings = warningsOf(items, every.length);
  const claims = items.map((item) => claim(item, all));
  const ofArtifacts = all.flatMap(artifactClaims);
  return Figure.of(
    {
      title: maps ? maps.title : `${all[0].image.name}: ${all[0].provenance.method}`,
      sections: beside ? [{ columns: beside, panels: sections.flatMap(({ panels }) => panels) }] : sections,
      caption: captions(all),
      warnings,
    },
    {
      held: every[0]?.config.hold ?? config.hold === true,
      claims: [...claims.map(({ whole }) => whole), ...ofArtifacts],
      captions: [...claims.map(({ caption }) => caption), ...ofArtifacts],
      warnings,
      notes: [...new Set(all.flatMap(({ provenance }) => provenance.notes))],
    },
  );
}

/** What a reader should know about the choices and the maps. */
function warningsOf(items: readonly MapItem[], available: number): string[] {
  const warnings = new Set(items.flatMap(({ config }) => config.warnings.map(({ message }) => message)));
  if (items.length < available) {
    warnings.add(`The first ${items.length} of ${plural(available, "map")}: name targets to see others.`);
  }
  for (const { map, target } of items) {
    const missing = map.data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
    if (missing) warnings.add(`${plural(missing, "value")} of the map of ${target.label} not finite, left blank.`);
  }
  if (new Set(items.map(({ group }) => group)).size > 1) {
    warnings.add(
      items[0].config.separateScales
        ? "Every map has its own scale: colours cannot be compared between them."
        : "Every method has its own scale: colours cannot be compared between methods.",
    );
  }
  return [...warnings];
}

async function mapSection(
  all: readonly ExplanationData[],
  items: readonly MapItem[],
  ranges: ReadonlyMap<string, Range>,
  beside: number | undefined,
): Promise<{ title?: string; section: Section }> {
  const { columns: mostColumns, printPrediction } = items[0].config;
  const per = items.length / all.length;
  const sameTargets = items.every(({ target }, i) => target.index === items[i % per]?.target.index);
  const matrix = all.length > 1 && per > 1 && sameTargets && per <= (mostColumns ?? 4);
  const columns = matrix ? per : Math.min(items.length, mostColumns ?? 4);
  const oneTarget = new Set(items.map(({ target }) => target.index)).size === 1;
  const oneImage = new Set(all.map(({ image }) => image)).size === 1 || sameNames(all);
  const oneBar = ranges.size === 1 && !beside;
  const title = oneTarget ? titleOf(items, printPrediction, oneImage) : undefined;
  const bounds = panelBounds(beside ?? columns);
  const panels: Panel[] = [];
  for (const item of items) {
    const { explanation, target, map, config } = item;
    const back = await backdrop(explanation.image, config, bounds);
    const prepared = prepareMap(map, back.view, { scale: scoreScale(explanation, target), smooth: config.smooth });
    const range = ranges.get(item.group) as Range;
    const { width, height } = back.picture;
    const message = emptiness(prepared, config.polarity);
    const data = paintPanel(back, prepared, config, range);
    if (target.within) outlineRegion(data, back, target.within.region);
    panels.push({
      data,
      width,
      height,
      label: oneTarget
        ? undefined
        : question(target, explanation.prediction, {
            print: printPrediction,
            withNumber: !matrix || oneImage,
            alone: false,
          }),
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

/** What is asked of every map of one class: "Why" where it is the answer to every picture, with its probability where that is the same. */
function titleOf(items: readonly MapItem[], print: boolean, oneImage: boolean): string | undefined {
  const [first] = items;
  const { target, explanation } =
    items.find((item) => asking(item.target, item.explanation.prediction) !== "Why") ?? first;
  const oneNumber = items.every((item) => item.target.probability === first.target.probability);
  return question(target, explanation.prediction, { print, withNumber: oneImage && oneNumber, alone: true });
}

const barOf = ({ explanation, map, config }: MapItem, range: Range, height: number) => ({
  ...colourBar(config, range, map.signed, BAR_WIDTH, height),
  unit: unitOf(explanation.provenance),
});

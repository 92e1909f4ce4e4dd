import type { ExplanationData } from "../explanation/explanation-data.js";
import type { ExplainedTarget, Provenance } from "../explanation/parts.js";
import type { Prediction } from "../model/types.js";
import { boxInWords } from "./boxes.js";
import { describeMap } from "./describe.js";
import { duration, oneLine, plural, probability } from "./format.js";
import { type MapItem, scoreScale } from "./map-items.js";

/** Characters of a label that a title shows, so that the probability behind it is not cut off. */
const LABEL_LENGTH = 44;

/** How a title asks: why a class or a box is the answer, or what speaks for a class that is not. */
export function asking(target: ExplainedTarget, prediction: Prediction): "Why" | "What speaks for" {
  if (target.within) return target.within.answer ? "Why" : "What speaks for";
  return target.index === prediction.index || target.box ? "Why" : "What speaks for";
}

export interface QuestionStyle {
  /** Ask at all, instead of naming the class. */
  readonly print: boolean;
  readonly withNumber: boolean;
  /** The title of a whole figure. */
  readonly alone: boolean;
}

/** A label as titles have it: its beginning where it is long, as a text of a model that answers in words may be. */
export function shortLabel(label: string): string {
  const characters = [...oneLine(label)];
  if (characters.length <= LABEL_LENGTH) return characters.join("");
  return `${characters.slice(0, LABEL_LENGTH).join("").trimEnd()}…`;
}

/** "Why tiger cat, .39?" */
export function question(
  target: ExplainedTarget,
  prediction: Prediction,
  { print, withNumber, alone }: QuestionStyle,
): string | undefined {
  const { label, probability: p } = target;
  const name = shortLabel(label);
  if (!print) return alone ? undefined : name;
  return `${asking(target, prediction)} ${name}${withNumber ? `, ${probability(p)}` : ""}?`;
}

export function sameNames(all: readonly ExplanationData[]): boolean {
  return all.every(({ image }) => image.name === all[0].image.name);
}

/** What tells an explanation from the others it is shown with. */
export function difference(explanation: ExplanationData, all: readonly ExplanationData[]): string | undefined {
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
  if (parts.length === 0) parts.push(...differingOptions(explanation, all));
  return parts.join(" · ") || `number ${all.indexOf(explanation) + 1}`;
}

/** What stands among a run's options and was not asked for: it came out. */
const OUTCOMES: ReadonlySet<string> = new Set(["passes", "headPasses", "convergence"]);

/** Options that tell runs of one method apart, "targetLayer head.relu"; lists and objects are too long for a title. */
function differingOptions({ provenance }: ExplanationData, all: readonly ExplanationData[]): string[] {
  return Object.entries(provenance.options)
    .filter(([name, value]) => {
      const differs = all.some((one) => one.provenance.options[name] !== value);
      return differs && !OUTCOMES.has(name) && ["string", "number", "boolean"].includes(typeof value);
    })
    .slice(0, 2)
    .map(([name, value]) => `${name} ${value}`);
}

/** One line a method: what it cost. */
export function captions(all: readonly ExplanationData[]): string[] {
  const runs = all.map(({ provenance }) => provenance);
  return [...new Set(runs.map(({ method }) => method))].map((method) => {
    const sameMethod = runs.filter((run) => run.method === method);
    const sum = (value: (run: Provenance) => number) => sameMethod.reduce((total, run) => total + value(run), 0);
    const backward = sum(({ backwardPasses }) => backwardPasses);
    const seeds = [...new Set(sameMethod.map(({ seed }) => seed))];
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
      sameMethod.length > 1 ? `${sameMethod.length} explanations together` : sameMethod[0].model.name,
    ].join("\u00a0· ");
  });
}

/** What was asked about a map and what it shows: with the question, or for a reader who has it in view without. */
export function claim(item: MapItem, all: readonly ExplanationData[]): { whole: string; caption: string } {
  const { explanation, target, map } = item;
  const where = difference(explanation, all);
  const words = describeMap(map, scoreScale(explanation, target));
  const found = `${words[0].toUpperCase()}${words.slice(1)}.`;
  const box = boxInWords(explanation, target);
  const asked = `${asking(target, explanation.prediction)} ${target.label}, ${probability(target.probability)}`;
  const classes = explanation.targets.length > 1 ? target.label : undefined;
  const name = [where, classes, box].filter((part) => part !== undefined && part !== "").join(", ");
  return {
    whole: `${where ? `${where}: ` : ""}${asked}${box ? `, ${box}` : ""}? ${found}`,
    caption: name ? `${name}: ${words}.` : found,
  };
}

/** Titles that a sentence about artifacts names at most. */
const MOST_TITLES = 4;

/** What the method's own pictures are, by their titles. */
export function artifactClaims({ artifacts, provenance, image }: ExplanationData): string[] {
  if (artifacts.length === 0) return [];
  const titles = artifacts.slice(0, MOST_TITLES).map(({ title }) => title);
  const more = artifacts.length > MOST_TITLES ? `, and ${artifacts.length - MOST_TITLES} more` : "";
  return [`${provenance.method} of ${image.name}: ${titles.join(", ")}${more}.`];
}

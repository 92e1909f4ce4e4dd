import type { Prediction } from "../../../src/model/types.js";
import type { WireExplanation } from "../../../src/widgets/traits/index.js";
import { readExplanation, type ShownExplanation } from "../explanation.js";
import type { Received } from "../model.js";

/** One column of the comparison. */
export interface Column {
  /** The method, numbered where there are several of it. */
  readonly name: string;
  readonly explanation: ShownExplanation;
}

/** What is compared: explanations of one picture, and every class that one of them explains. */
export interface Comparison {
  readonly columns: readonly Column[];
  readonly classes: readonly Prediction[];
}

export async function readComparison(wires: readonly Received<WireExplanation>[]): Promise<Comparison> {
  const explanations = await Promise.all(wires.map(readExplanation));
  const names = distinct(explanations.map(({ provenance }) => provenance.method));
  const targets = explanations.flatMap((explanation) => explanation.targets);
  return {
    columns: explanations.map((explanation, i) => ({ name: names[i], explanation })),
    classes: [...new Map(targets.map((target) => [target.index, target])).values()],
  };
}

/** Which of an explanation's maps is of a class, if one is. */
export function mapOf({ targets }: ShownExplanation, classIndex: number): number | undefined {
  const at = targets.findIndex(({ index }) => index === classIndex);
  return at < 0 ? undefined : at;
}

function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} ${count}`;
  });
}

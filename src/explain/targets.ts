import { SightlineError } from "../core/errors.js";
import { indicesOfLabel } from "../model/class-index.js";
import { topPredictions } from "../model/ranking.js";
import type { Model, Target } from "../model/types.js";

const TOP = /^top:(\d+)$/;
/** What means more than a label. */
const KEYWORD = /^(all|top:\d+)$/;

/**
 * The classes that targets name, each once: indices, labels, "top:3", "all" (or −1); the most probable one when absent.
 * @throws SightlineError `bad-config`, `unknown-label`, `ambiguous-label`, `index-out-of-range`
 */
export function resolveTargets(
  model: Pick<Model, "labels" | "classIndex">,
  targets: Target | readonly Target[] | undefined,
  probabilities: Float32Array,
): number[] {
  const wanted: readonly Target[] = targets === undefined ? ["top:1"] : ([targets].flat() as Target[]);
  if (wanted.length === 0) {
    throw new SightlineError("bad-config", "targets is empty", {
      received: targets,
      expected: "a class index, a label, 'top:3' or 'all'",
    });
  }
  const indices = wanted.flatMap((target): number[] => {
    if (typeof target === "string" && KEYWORD.test(target) && model.labels.includes(target)) {
      throw new SightlineError("ambiguous-label", `'${target}' is a label, and has a meaning of its own`, {
        received: target,
        expected: `the index ${model.labels.indexOf(target)}; -1 stands for all classes`,
      });
    }
    if (target === "all" || target === -1) return model.labels.map((_, index) => index);
    const top = typeof target === "string" ? TOP.exec(target) : null;
    if (!top) return [model.classIndex(target)];
    if (Number(top[1]) === 0) {
      throw new SightlineError("bad-config", `targets cannot be '${target}'`, {
        received: target,
        expected: "'top:1' or more",
      });
    }
    return topPredictions(model.labels, probabilities, Number(top[1])).map(({ index }) => index);
  });
  return [...new Set(indices)];
}

/**
 * Targets written as text, as on a command line: labels, indices, "top:3" and "all", separated by commas. A label may
 * hold commas itself. What is a label and also an index of another class is refused; `label:` or `index:` before it says
 * which is meant.
 * @throws SightlineError `ambiguous-label`
 */
export function targetsOfText(text: string, labels: readonly string[]): Target[] {
  const parts = text.split(",");
  const targets: Target[] = [];
  for (let from = 0; from < parts.length; ) {
    let to = parts.length;
    const item = () => parts.slice(from, to).join(",").trim();
    while (to > from + 1 && indicesOfLabel(withoutPrefix(item()), labels).length === 0) to--;
    targets.push(targetOfText(item(), labels));
    from = to;
  }
  return targets;
}

const withoutPrefix = (text: string) => text.replace(/^label:/, "");

function targetOfText(text: string, labels: readonly string[]): Target {
  const [, kind, named] = /^(label|index):(.*)$/s.exec(text) ?? [];
  if (kind === "label") return named;
  const index = /^-?\d+$/.test(kind ? named : text) ? Number(kind ? named : text) : undefined;
  if (kind === "index") return index ?? named;
  const [labelled] = indicesOfLabel(text, labels);
  if (index === undefined) return text;
  if (labelled === undefined || labelled === index) return index;
  if (index < 0 || index >= labels.length) return text;
  throw new SightlineError("ambiguous-label", `'${text}' is the label of class ${labelled} and the index of another`, {
    received: text,
    expected: `label:${text} for class ${labelled}, or index:${text} for '${labels[index]}'`,
  });
}

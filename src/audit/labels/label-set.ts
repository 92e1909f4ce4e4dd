import { joinLabels, splitLabels } from "../../explain/truth-text.js";

/** What stands where a picture has none of the independent labels; a class of this name takes its place. */
export const NONE = "none";

/** Whether a text says that a picture has none of the labels. */
export const isNone = (text: string) => text.trim().toLowerCase() === NONE;

/** Independent labels as one text, in the order of the model's. */
export function labelSetText(set: readonly string[], labels: readonly string[]): string {
  const place = (label: string) => labels.indexOf(label);
  return set.length === 0 ? NONE : joinLabels([...set].sort((a, b) => place(a) - place(b)));
}

/** The labels of a text that {@link labelSetText} wrote. */
export function labelsOfText(text: string, labels: ReadonlySet<string>): string[] {
  if (text === NONE && !labels.has(NONE)) return [];
  return splitLabels(text, (label) => labels.has(label));
}

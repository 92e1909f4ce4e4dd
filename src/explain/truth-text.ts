/** Several labels as one text. */
export const joinLabels = (labels: readonly string[]) => labels.join("|");

/**
 * The labels of a text with `|` between them. A label may hold a `|` itself: as many parts as are a class together are one
 * label.
 * @param isClass whether a label names a class
 */
export function splitLabels(text: string, isClass: (label: string) => boolean): string[] {
  const parts = text.split("|");
  const labels: string[] = [];
  for (let start = 0; start < parts.length; ) {
    let end = parts.length;
    const label = () => parts.slice(start, end).join("|").trim();
    while (end > start + 1 && !isClass(label())) end--;
    if (label() !== "") labels.push(label());
    start = end;
  }
  return labels;
}

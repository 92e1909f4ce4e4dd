/** Several labels as one text. */
export const joinLabels = (labels: readonly string[]) => labels.join("|");

/**
 * The labels of a text with `|` between them. A label may hold a `|` itself: as many parts as are a class together are one
 * label.
 * @param isClass whether a label names a class
 * @param separator what stands between labels
 */
export function splitLabels(text: string, isClass: (label: string) => boolean, separator = "|"): string[] {
  const parts = text.split(separator);
  const labels: string[] = [];
  for (let start = 0; start < parts.length; ) {
    let end = parts.length;
    const label = () => parts.slice(start, end).join(separator).trim();
    while (end > start + 1 && !isClass(label())) end--;
    if (label() !== "") labels.push(label());
    start = end;
  }
  return labels;
}

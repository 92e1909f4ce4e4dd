/** The class that a name means: its own label, else the only one that reads alike. */
export function classByName(classes: readonly string[]): (name: string) => string | undefined {
  const labels = new Set(classes);
  const alike = new Map<string, string[]>();
  for (const label of labels) alike.set(simplified(label), [...(alike.get(simplified(label)) ?? []), label]);
  return (name) => {
    if (labels.has(name)) return name;
    const [only, another] = alike.get(simplified(name)) ?? [];
    return another === undefined ? only : undefined;
  };
}

/** Without case; blanks, hyphens, underscores and what no file name may hold are alike, and accents however composed. */
const simplified = (label: string) =>
  label
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[\s_\-/\\:*?"<>|]+/g, " ")
    .trim();

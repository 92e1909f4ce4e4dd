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

/** Without case, blanks, hyphens and underscores alike. */
const simplified = (label: string) =>
  label
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim();

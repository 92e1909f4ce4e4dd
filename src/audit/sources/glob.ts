const WILD = /[*?{[]/;

export const hasWildcards = (text: string) => WILD.test(text);

/** A glob without its fixed beginning: `**` crosses folders, `*` and `?` do not, `{a,b}` are alternatives. */
export const globPattern = (glob: string) => new RegExp(`^${sourceOf(glob)}$`);

function sourceOf(glob: string): string {
  return glob.replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|\[[^\]]*\]|[^*?{[]+|./g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (/^\{.*\}$/.test(part)) return `(?:${part.slice(1, -1).split(",").map(sourceOf).join("|")})`;
    if (/^\[.*\]$/.test(part)) return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return part.replace(/[.+^$()|[{\\]/g, "\\$&");
  });
}

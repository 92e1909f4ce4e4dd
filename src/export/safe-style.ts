/**
 * The declarations of a style attribute that change how something looks where it stands: none that asks the network, and
 * none that moves it over the rest of the page.
 */
export function safeStyle(style: string): string {
  // escapes and comments hide what a declaration says
  if (/\\|\/\*/.test(style)) return "";
  return style
    .split(";")
    .map((declaration) => /^\s*([a-z-]+)\s*:\s*(.+?)\s*$/is.exec(declaration))
    .flatMap((parts) => (parts ? [[parts[1].toLowerCase(), parts[2]] as const] : []))
    .filter(([property, value]) => PROPERTIES.test(property) && isSafeValue(property, value))
    .map(([property, value]) => `${property}:${value}`)
    .join(";");
}

/** A value of CSS that calls nothing but arithmetic and colours. */
export function isSafeValue(property: string, value: string): boolean {
  if (!/^[\w\s#%.,()+*/'"!\p{L}-]*$/u.test(value)) return false;
  if (property === "position" && !/^(static|relative|absolute)$/i.test(value.trim())) return false;
  const plain = value.replaceAll(/"[^"]*"|'[^']*'/g, "");
  if (/["']/.test(plain)) return false;
  return [...plain.matchAll(/([\w-]*)\s*\(/g)].every(([, name]) => FUNCTIONS.has(name.toLowerCase()));
}

const FUNCTIONS = new Set([
  ...["", "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix", "light-dark"],
  ...["calc", "min", "max", "clamp", "var", "linear-gradient", "radial-gradient", "conic-gradient"],
  ...["repeat", "minmax", "fit-content", "translate", "translatex", "translatey", "scale", "rotate", "matrix", "skew"],
]);

const PROPERTIES = new RegExp(
  `^(${[
    "accent-color|align-[a-z]+|aspect-ratio|background|background-(color|size|position|repeat|image)|border(-[a-z]+)*",
    "bottom|box-shadow|box-sizing|caption-side|clear|color|column-gap|display|fill(-[a-z]+)?|flex(-[a-z]+)?|float",
    "font(-[a-z]+)*|gap|grid(-[a-z]+)*|height|image-rendering|inset|justify-[a-z]+|left|letter-spacing|line-height",
    "list-style-(type|position)|margin(-[a-z]+)*|max-(width|height)|min-(width|height)|object-(fit|position)|opacity",
    "order|outline(-[a-z]+)?|overflow(-[a-z]+)?|padding(-[a-z]+)*|position|right|row-gap|stroke(-[a-z]+)?|tab-size",
    "table-layout|text-[a-z]+(-[a-z]+)?|top|transform(-origin)?|vertical-align|visibility|white-space|width",
    "word-(break|spacing|wrap)|z-index",
  ].join("|")})$`,
);

import { readFileSync } from "node:fs";
import { extname, join, resolve, sep } from "node:path";
import sanitizeHtml from "sanitize-html";

/**
 * HTML without anything that could run or ask the network.
 * @param folder where pictures that the HTML names are looked for, to be inlined; without it they are left out
 */
export function cleanHtml(html: string, folder?: string): string {
  return sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, ...MORE_TAGS],
    allowedAttributes: { "*": ATTRIBUTES, a: ["href", "title"], img: ["src", "alt", "width", "height"] },
    allowedSchemes: ["http", "https", "mailto"],
    allowedSchemesByTag: { img: ["data"] },
    parser: { lowerCaseTags: true, lowerCaseAttributeNames: false },
    transformTags: { img: (tagName, attributes) => ({ tagName, attribs: inlinePicture(attributes, folder) }) },
  });
}

const MORE_TAGS = [
  ...["img", "figure", "figcaption", "details", "summary", "del", "ins", "meter", "progress", "output", "picture"],
  ...["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "title"],
  ...["linearGradient", "stop", "clipPath"].map((tag) => tag.toLowerCase()),
];

const ATTRIBUTES = [
  ...["class", "id", "style", "title", "role", "colspan", "rowspan", "scope", "open", "lang", "aria-*", "data-*"],
  ...["width", "height", "viewBox", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "points"],
  ...["fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity"],
  ...[
    "transform",
    "text-anchor",
    "font-size",
    "font-weight",
    "offset",
    "stop-color",
    "preserveAspectRatio",
    "dy",
    "dx",
  ],
  ...["value", "min", "max"],
];

const MAX_PICTURE = 20 * 2 ** 20;

function inlinePicture(attributes: Record<string, string>, folder: string | undefined): Record<string, string> {
  const { src = "", ...rest } = attributes;
  if (/^data:image\/(png|jpeg|gif|webp|svg\+xml);/i.test(src)) return attributes;
  const type = PICTURE_TYPES[extname(src).toLowerCase()];
  if (!type || !folder || /^[a-z]+:|^\//i.test(src)) return rest;
  const root = resolve(folder);
  const path = resolve(join(root, decodeURIComponent(src)));
  if (!path.startsWith(root + sep)) return rest;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_PICTURE) return rest;
    return { ...rest, src: `data:${type};base64,${bytes.toString("base64")}` };
  } catch {
    return rest;
  }
}

const PICTURE_TYPES: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

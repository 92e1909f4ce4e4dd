import sanitizeHtml from "sanitize-html";
import { type Attachments, inlinePictures } from "./inline-pictures.js";
import { safeStyle } from "./safe-style.js";

/** Put before the ids of foreign HTML, so that they name nothing of ours. */
const ID = "notebook-";

export interface CleanOptions {
  /** Where pictures that the HTML names are looked for, to be inlined; without it they are left out. */
  readonly folder?: string;
  readonly attachments?: Attachments;
}

/** Somebody else's HTML without anything that could run, ask the network, or pass for a part of the page. */
export async function cleanHtml(html: string, { folder, attachments }: CleanOptions = {}): Promise<string> {
  const pictures = await inlinePictures(pictureSources(html), folder, attachments);
  return sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, ...MORE_TAGS],
    allowedAttributes: { "*": ATTRIBUTES, a: ["href", "rel"], img: ["src", "alt"] },
    allowedSchemes: ["http", "https", "mailto"],
    allowedSchemesByTag: { img: ["data"] },
    nestingLimit: 200,
    parseStyleAttributes: false,
    parser: { lowerCaseTags: true, lowerCaseAttributeNames: false },
    transformTags: {
      "*": (tagName, attributes) => ({ tagName, attribs: cleanAttributes(tagName, attributes, pictures) }),
    },
  });
}

function pictureSources(html: string): Set<string> {
  const sources = new Set<string>();
  sanitizeHtml(html, {
    allowedTags: [],
    allowedAttributes: {},
    onOpenTag: (name, attributes) => {
      if (name === "img" && attributes.src) sources.add(attributes.src);
    },
  });
  return sources;
}

function cleanAttributes(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  pictures: ReadonlyMap<string, string>,
): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const safe = cleanAttribute(name, value);
    if (safe !== undefined) clean[name] = safe;
  }
  if (tag === "img") {
    const source = pictures.get(attributes.src);
    delete clean.src;
    if (source !== undefined) clean.src = source;
  }
  if (tag === "a" && clean.href !== undefined) clean.rel = "noopener noreferrer";
  return clean;
}

/** The value of an attribute as it may stay; undefined where it may not. */
function cleanAttribute(name: string, value: string): string | undefined {
  if (name === "style") return safeStyle(value) || undefined;
  if (name === "id") return ID + value;
  if (name === "class")
    return (
      value
        .split(/\s+/)
        .filter((one) => /^sightline-[\w-]+$/.test(one))
        .join(" ") || undefined
    );
  if (name === "href" && value.startsWith("#")) return `#${ID}${value.slice(1)}`;
  if (/^aria-(labelledby|describedby|controls|owns)$/.test(name)) return value.replace(/\S+/g, (id) => ID + id);
  if (!PAINTS.has(name) || !/url|\\|image/i.test(value)) return value;
  const reference = /^url\(#([\w-]+)\)$/.exec(value)?.[1];
  return reference === undefined ? undefined : `url(#${ID}${reference})`;
}

/** Attributes that may point to gradients and shapes: those of the same HTML, and no others. */
const PAINTS = new Set(["fill", "stroke", "clip-path", "stop-color"]);

const MORE_TAGS = [
  ...["img", "figure", "figcaption", "details", "summary", "del", "ins", "meter", "progress", "output", "picture"],
  ...["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "title"],
  ...["lineargradient", "stop", "clippath"],
];

const ATTRIBUTES = [
  ...["class", "id", "style", "title", "role", "colspan", "rowspan", "scope", "open", "lang", "dir", "aria-*"],
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
  ...["clip-path", "value", "min", "max", "start", "data-column"],
];

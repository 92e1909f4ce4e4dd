import sanitizeHtml from "sanitize-html";
import { files } from "#platform/files";
import { toBase64 } from "../core/bytes.js";
import { FileError } from "../platform/files.js";

/**
 * HTML without anything that could run or ask the network.
 * @param folder where pictures that the HTML names are looked for, to be inlined; without it they are left out
 */
export async function cleanHtml(html: string, folder?: string): Promise<string> {
  const named = folder === undefined ? [] : pictureNames(html);
  const pictures = new Map(await Promise.all(named.map(async (name) => [name, await inlined(name, folder!)] as const)));
  return sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, ...MORE_TAGS],
    allowedAttributes: { "*": ATTRIBUTES, a: ["href", "title"], img: ["src", "alt", "width", "height"] },
    allowedSchemes: ["http", "https", "mailto"],
    allowedSchemesByTag: { img: ["data"] },
    parser: { lowerCaseTags: true, lowerCaseAttributeNames: false },
    transformTags: { img: (tagName, attributes) => ({ tagName, attribs: withPicture(attributes, pictures) }) },
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

const isInline = (source: string) => /^data:image\/(png|jpeg|gif|webp|svg\+xml);/i.test(source);

/** What the pictures of HTML are to be read from, each once. */
function pictureNames(html: string): string[] {
  const names = new Set<string>();
  sanitizeHtml(html, {
    allowedTags: ["img"],
    transformTags: {
      img(tagName, attribs) {
        if (attribs.src && !isInline(attribs.src)) names.add(attribs.src);
        return { tagName, attribs };
      },
    },
  });
  return [...names];
}

function withPicture(
  attributes: Record<string, string>,
  pictures: ReadonlyMap<string, string | undefined>,
): Record<string, string> {
  const { src = "", ...rest } = attributes;
  if (isInline(src)) return attributes;
  const picture = pictures.get(src);
  return picture === undefined ? rest : { ...rest, src: picture };
}

/** A picture below the folder as a data: URL; undefined where there is none that a page may have. */
async function inlined(name: string, folder: string): Promise<string | undefined> {
  const type = PICTURE_TYPES[files.extname(name).toLowerCase()];
  const path = pathBelow(folder, name);
  if (!type || path === undefined) return undefined;
  try {
    return `data:${type};base64,${toBase64(await files.read(path, { atMost: MAX_PICTURE }))}`;
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

function pathBelow(folder: string, name: string): string | undefined {
  if (/^[a-z]+:|^\//i.test(name)) return undefined;
  try {
    const path = files.join(folder, decodeURIComponent(name));
    return files.isInside(path, folder) ? path : undefined;
  } catch {
    return undefined;
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

import { files } from "#platform/files";
import { toBase64 } from "../core/bytes.js";

/** Larger pictures are left out. */
const MOST_BYTES = 20 * 2 ** 20;

const INLINE = /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/i;

/** Pictures that come with a cell, by name: representations by MIME type, in base64. */
export type Attachments = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Pictures as `data:` URLs, by the source that names them: those that are inlined already, a cell's own, and files of the folder. What
 * leads out of the folder, also by a link, and what is no picture by its content, is left out.
 */
export async function inlinePictures(
  sources: Iterable<string>,
  folder: string | undefined,
  attachments: Attachments = {},
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const source of sources) {
    const url = INLINE.test(source)
      ? source
      : source.startsWith("attachment:")
        ? attachedPicture(decoded(source.slice("attachment:".length)), attachments)
        : folder && (await readPicture(source, folder));
    if (url) found.set(source, url);
  }
  return found;
}

function attachedPicture(name: string, attachments: Attachments): string | undefined {
  const bundle = Object.hasOwn(attachments, name) ? Object.entries(attachments[name]) : [];
  for (const [type, data] of bundle) {
    const url = `data:${type};base64,${data}`;
    if (INLINE.test(url) && /^[\w+/=\s]*$/.test(String(data))) return url;
  }
  return undefined;
}

async function readPicture(source: string, folder: string): Promise<string | undefined> {
  const name = decoded(source);
  if (/^[a-z][a-z\d+.-]*:/i.test(name) || /^[\\/]/.test(name)) return undefined;
  try {
    const root = await files.realPath(folder);
    const path = await files.realPath(files.join(root, name));
    const inside = files.relative(root, path);
    if (inside.startsWith("..") || files.isAbsolute(inside)) return undefined;
    const bytes = await files.read(path, { atMost: MOST_BYTES });
    const type = pictureType(bytes);
    return type && `data:${type};base64,${toBase64(bytes)}`;
  } catch {
    // a page leaves out what it cannot show
    return undefined;
  }
}

/** Markdown escapes names as URLs do; a name with a bare per cent sign stands for itself. */
function decoded(source: string): string {
  try {
    return decodeURIComponent(source);
  } catch {
    return source;
  }
}

/** What the bytes themselves say that they are; names lie. */
function pictureType(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(head)) return "image/gif";
  if (/^RIFF.{4}WEBP/s.test(head)) return "image/webp";
  const text = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart();
  return /^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!doctype svg[^>]*>\s*)*<svg[\s>]/is.test(text)
    ? "image/svg+xml"
    : undefined;
}

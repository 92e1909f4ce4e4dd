import { fromBase64 } from "../core/bytes.js";
import { FILE_NAME, FILE_PACKED } from "../explorer/page-files.js";

/** The files that a page brings with it, unpacked as they are asked for. */
export class EmbeddedFiles {
  readonly #elements: ReadonlyMap<string, Element>;

  constructor(page: ParentNode) {
    const elements = [...page.querySelectorAll(`script[${FILE_NAME}]`)];
    this.#elements = new Map(elements.map((element) => [element.getAttribute(FILE_NAME) ?? "", element]));
  }

  get names(): Iterable<string> {
    return this.#elements.keys();
  }

  has(name: string): boolean {
    return this.#elements.has(name);
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const element = this.#elements.get(name);
    if (!element) return undefined;
    const bytes = fromBase64(element.textContent ?? "");
    return element.hasAttribute(FILE_PACKED) ? unpacked(bytes) : bytes;
  }

  /** Reads a file for the last time: the page forgets it. */
  async take(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.read(name);
    this.#elements.get(name)?.replaceChildren();
    return bytes;
  }
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

import { sha256 } from "#platform/hash";
import { fromHex, toBase64 } from "../core/bytes.js";

/** Scripts of a page, with the hashes by which its policy lets them run. */
export class PageScripts {
  readonly #hashes: string[] = [];

  get hashes(): readonly string[] {
    return this.#hashes;
  }

  /** A script that runs where it stands. */
  run(code: string): string {
    return `<script>${this.#allowed(code)}</script>`;
  }

  /** A script that the page runs itself, when it is needed. */
  keep(code: string, id: string): string {
    return `<script type="text/plain" id="${id}">${this.#allowed(code)}</script>`;
  }

  /** Code as a script element holds it, known to the policy. */
  #allowed(code: string): string {
    const text = code.replace(/<(\/script|!--)/gi, "<\\$1").replaceAll(/\r\n?/g, "\n");
    this.#hashes.push(toBase64(fromHex(sha256(text))));
    return text;
  }
}

/** JSON in a script element, which does not run. */
export function jsonScript(type: string, value: unknown, id = ""): string {
  return `<script type="${type}"${id && ` id="${id}"`}>${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`;
}

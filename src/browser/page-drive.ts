import type { Drive } from "../platform/browser/files.js";
import type { FromKernel, ToKernel } from "./worker-messages.js";

type Answer = Extract<ToKernel, { kind: "file" | "names" }>;

/** The notebook's drive, as the page's contents manager has it. */
export class PageDrive implements Drive {
  readonly #post: (message: FromKernel) => void;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  constructor(post: (message: FromKernel) => void) {
    this.#post = post;
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const answer = await this.#ask("read", path);
    return answer.kind === "file" ? answer.bytes : undefined;
  }

  async list(path: string): Promise<string[] | undefined> {
    const answer = await this.#ask("list", path);
    return answer.kind === "names" && answer.names ? [...answer.names] : undefined;
  }

  /** What the page answers. */
  answer(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  #ask(kind: "read" | "list", path: string): Promise<Answer> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#post({ kind, id, path });
    });
  }
}

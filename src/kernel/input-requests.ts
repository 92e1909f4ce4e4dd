import { SightlineError } from "../core/errors.js";
import { uuid } from "../core/uuid.js";
import type { Iopub } from "./iopub.js";
import type { Message } from "./protocol.js";

/** Questions to the reader that wait for an answer. */
export class InputRequests {
  readonly #iopub: Iopub;
  readonly #waiting = new Map<string, (value: string) => void>();

  constructor(iopub: Iopub) {
    this.#iopub = iopub;
  }

  /**
   * Asks for a line of text; an interrupt of the cell rejects the promise.
   * @throws SightlineError `not-supported` where the front end cannot ask
   */
  ask(prompt: string, password: boolean): Promise<string> {
    const { allowStdin, request, identities, signal } = this.#iopub.cell;
    if (!allowStdin) {
      throw new SightlineError("not-supported", "this front end cannot ask for input", {
        expected: "a front end that takes input",
        next: "set the value in the cell",
      });
    }
    return new Promise((resolve, reject) => {
      const id = uuid();
      const done = () => {
        this.#waiting.delete(id);
        signal?.removeEventListener("abort", stopped);
      };
      const stopped = () => {
        done();
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", stopped);
      this.#waiting.set(id, (value) => {
        done();
        resolve(value);
      });
      const content = JSON.stringify({ prompt, password });
      this.#iopub.transport.send("stdin", { type: "input_request", content, parent: request, identities, id });
    });
  }

  answer({ header, parentHeader, content }: Message): void {
    if (header.msg_type !== "input_reply") return;
    this.#waiting.get(String(parentHeader.msg_id))?.(String(content.value ?? ""));
  }
}

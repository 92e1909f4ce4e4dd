import type { Iopub } from "./iopub.js";
import { mimeBundle } from "./mime-bundle.js";

export interface DisplayOptions {
  /** Name under which the display can be updated. */
  id?: string;
  /** Replaces what was shown under the id. */
  update?: boolean;
}

/** Sends displays in the order of the calls, also where one of them must be waited for. */
export class DisplayQueue {
  readonly #iopub: Iopub;
  /** Resolves when every display so far was sent. */
  #sent: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** What {@link display} returned. */
  readonly #returned = new WeakSet<object>();

  constructor(iopub: Iopub) {
    this.#iopub = iopub;
  }

  get sent(): Promise<void> {
    return this.#sent;
  }

  /** Whether a value came out of {@link display}: a cell that ends in it has shown its result already. */
  isDisplay(value: unknown): boolean {
    return typeof value === "object" && value !== null && this.#returned.has(value);
  }

  display(value: unknown, options: DisplayOptions): Promise<void> {
    const sent = this.#send(value, options);
    this.#returned.add(sent);
    return sent;
  }

  #send(value: unknown, { id, update = false }: DisplayOptions): Promise<void> {
    const { output } = this.#iopub.cell;
    const publish = (data: object) =>
      this.#iopub.publish(
        update ? "update_display_data" : "display_data",
        { data, metadata: {}, transient: id === undefined ? {} : { display_id: id } },
        output,
      );
    const bundle = typeof value === "string" ? { "text/plain": value } : mimeBundle(value);
    if (!(bundle instanceof Promise) && this.#waiting === 0) {
      publish(bundle);
      return Promise.resolve();
    }
    this.#waiting++;
    this.#sent = this.#sent
      .then(async () => publish(await bundle))
      .finally(() => {
        this.#waiting--;
      });
    return this.#sent;
  }
}

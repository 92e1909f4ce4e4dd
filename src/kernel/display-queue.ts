import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { nextTurn } from "../core/event-loop.js";
import { InterruptError } from "./interrupt.js";
import type { Iopub } from "./iopub.js";
import { mimeBundle } from "./mime-bundle.js";
import { isInstance, messageOf } from "./safe-inspect.js";
import { withinLimit } from "./time-limit.js";

export interface DisplayOptions {
  /** Name under which the display can be updated. */
  id?: string;
  /** Replaces what was shown under the id. */
  update?: boolean;
}

/** Milliseconds that a cell waits for what it shows. */
const LIMIT = 20_000;
/** Milliseconds that an interrupted cell waits. */
const MOMENT = 500;

/** Displays that wait for each other. */
interface Line {
  readonly waiting: Set<Promise<void>>;
  /** Resolves when every display so far was sent, or has failed. */
  sent: Promise<void>;
  /** Resolves when nobody waits for the line any more: who stands behind a late display need not. */
  readonly left: Promise<void>;
  leave(): void;
}

/** Sends displays in the order of the calls, also where one of them must be waited for. */
export class DisplayQueue {
  readonly #iopub: Iopub;
  readonly #limit: number;
  #line = newLine();
  /** What {@link display} returned. */
  readonly #returned = new WeakSet<object>();

  /** @param limit milliseconds that {@link sent} waits */
  constructor(iopub: Iopub, limit = LIMIT) {
    this.#iopub = iopub;
    this.#limit = limit;
  }

  /** Whether a value came out of {@link display}: a cell that ends in it has shown its result already. */
  isDisplay(value: unknown): boolean {
    return typeof value === "object" && value !== null && this.#returned.has(value);
  }

  /**
   * Shows a value in the calling cell.
   * @returns a promise that resolves when it was sent
   * @throws SightlineError `display-failed`, at once or by the promise
   */
  display(value: unknown, options: DisplayOptions): Promise<void> {
    const sent = this.#send(value, options);
    this.#returned.add(sent);
    return sent;
  }

  /**
   * Waits until every display so far was sent; what is late is left behind and sent when it is ready.
   * @param interrupted rejects when the reader waits no longer: then there is only a moment left
   * @throws SightlineError `display-failed` when one is late
   */
  async sent(interrupted?: Promise<never>): Promise<void> {
    const line = this.#line;
    if (line.waiting.size === 0) return;
    try {
      await this.withinLimit(line.sent, interrupted && afterMoment(interrupted));
    } catch (error) {
      if (this.#line === line) this.#line = newLine();
      line.leave();
      throw error;
    }
  }

  /** A promise that is waited for as long as displays are. */
  withinLimit<T>(promise: Promise<T>, interrupted?: Promise<never>): Promise<T> {
    const seconds = this.#limit / 1_000;
    const late = () =>
      new SightlineError("display-failed", `what this cell shows was not ready within ${seconds} s`, {
        next: "it appears when it is ready",
      });
    return withinLimit(promise, this.#limit, interrupted, late);
  }

  #send(value: unknown, { id, update = false }: DisplayOptions): Promise<void> {
    const { output } = this.#iopub.cell;
    const type = update ? "update_display_data" : "display_data";
    const transient = id === undefined ? {} : { display_id: id };
    const publish = (data: object) =>
      attempt("this value", () => this.#iopub.publish(type, { data, metadata: {}, transient }, output));
    const bundle = attempt("this value", () =>
      typeof value === "string" ? { "text/plain": value } : mimeBundle(value),
    );
    const line = this.#line;
    if (!isThenable(bundle) && line.waiting.size === 0) {
      publish(bundle);
      return Promise.resolve();
    }
    const shown = inTurn(bundle, line).then(publish);
    // an error that the caller does not catch is shown at the next turn, before the cell ends
    line.sent = shown.catch(nextTurn).finally(() => line.waiting.delete(shown));
    line.waiting.add(shown);
    return shown.then();
  }
}

/** The same rejection, late enough for a picture that is almost ready. */
function afterMoment(interrupted: Promise<never>): Promise<never> {
  return interrupted.catch(async (error: unknown) => {
    await new Promise((resolve) => setTimeout(resolve, MOMENT));
    throw error;
  });
}

/** A bundle once it is ready and all displays before it were sent. */
async function inTurn(bundle: MimeBundle | Promise<MimeBundle>, { sent, left }: Line): Promise<MimeBundle> {
  const ready = Promise.resolve(bundle).catch((error: unknown) => {
    throw displayFailed("this value", error);
  });
  const [data] = await Promise.all([ready, Promise.race([sent, left])]);
  return data;
}

/**
 * An error that says what could not be shown and why.
 * @param what begins the sentence: "the result"
 */
export function displayFailed(what: string, cause: unknown): Error {
  if (isInstance(cause, InterruptError)) return cause;
  if (isInstance(cause, SightlineError) && cause.code === "display-failed") return cause;
  return new SightlineError("display-failed", `${what} cannot be shown: ${messageOf(cause)}`, { cause });
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw displayFailed(what, error);
  }
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown }).then === "function";
}

function newLine(): Line {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return { waiting: new Set(), sent: Promise.resolve(), left, leave };
}

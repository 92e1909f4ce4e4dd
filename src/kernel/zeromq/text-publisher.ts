import type { Header } from "../protocol.js";
import type { TextRing } from "./text-ring.js";

/** Milliseconds: at most one batch of text in this time. */
const INTERVAL = 20;

/** Publishes what cells print, in batches. */
export class TextPublisher {
  /** Headers of the messages that cause text, by the number that the writer gave them. */
  readonly origins = new Map<number, Partial<Header>>();
  #timer?: NodeJS.Timeout;
  #lastFlush = 0;

  constructor(
    readonly ring: TextRing,
    readonly publish: (type: string, content: object, parent: Partial<Header>) => void,
  ) {}

  /** Publishes all text up to a position. */
  flush(upTo?: number): void {
    for (const { origin, stream, text } of this.ring.read(upTo, (origin) => this.origins.has(origin))) {
      this.publish("stream", { name: stream, text }, this.origins.get(origin)!);
    }
    this.#lastFlush = performance.now();
  }

  /** Publishes what there is as soon as a batch is due. */
  flushSoon(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.flush();
      },
      Math.max(0, this.#lastFlush + INTERVAL - performance.now()),
    );
  }

  forget(origin: number): void {
    this.flush();
    this.origins.delete(origin);
  }

  close(): void {
    this.flush();
    clearTimeout(this.#timer);
  }
}

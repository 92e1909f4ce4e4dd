import type { StreamName } from "../transport.js";

/** Where in the shared memory the counters lie (Int32 slots). */
const WRITTEN = 0;
const READ = 1;
const AWAKE = 2;
const COUNTERS = 16;
const HEADER = 12;
const CHUNK = 65_536;

/** Text that one cell wrote to one stream. */
export interface TextRecord {
  /** The number under which the writer knows the message that caused the text. */
  origin: number;
  stream: StreamName;
  text: string;
}

/**
 * Text on its way from the main thread to the transport thread through shared memory: what a cell prints in a synchronous
 * loop leaves while the loop still runs, a writer that is faster than the reader waits, and no line is lost.
 * One writer, one reader. Counters run freely modulo 2³²; the capacity is a power of two.
 */
export class TextRing {
  readonly #counters: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #encoder = new TextEncoder();
  readonly #header = new Uint32Array(HEADER / 4);

  static allocate(capacity = 1 << 20): SharedArrayBuffer {
    return new SharedArrayBuffer(COUNTERS + capacity);
  }

  constructor(memory: SharedArrayBuffer) {
    this.#counters = new Int32Array(memory, 0, COUNTERS / 4);
    this.#bytes = new Uint8Array(memory, COUNTERS);
  }

  /** Everything before this position was written before now. */
  get position(): number {
    return Atomics.load(this.#counters, WRITTEN);
  }

  /**
   * Adds text.
   * @param wake called when the reader must be told that there is text
   */
  write(origin: number, stream: StreamName, text: string, wake: () => void): void {
    for (let start = 0; start < text.length; ) {
      let end = Math.min(start + CHUNK, text.length);
      if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
      const bytes = this.#encoder.encode(start === 0 && end === text.length ? text : text.slice(start, end));
      this.#waitForRoom(HEADER + bytes.length, wake);
      this.#header.set([origin, stream === "stdout" ? 0 : 1, bytes.length]);
      const written = Atomics.load(this.#counters, WRITTEN);
      this.#put(written, new Uint8Array(this.#header.buffer));
      this.#put(written + HEADER, bytes);
      Atomics.store(this.#counters, WRITTEN, (written + HEADER + bytes.length) | 0);
      if (Atomics.exchange(this.#counters, AWAKE, 1) === 0) wake();
      start = end;
    }
  }

  /** Takes what was written up to a position; pieces of the same origin and stream that follow each other become one. */
  read(upTo = this.position, isKnown: (origin: number) => boolean = () => true): TextRecord[] {
    Atomics.store(this.#counters, AWAKE, 0);
    const records: (Omit<TextRecord, "text"> & { pieces: Uint8Array[] })[] = [];
    let at = Atomics.load(this.#counters, READ);
    while ((upTo - at) | 0) {
      const [origin, code, length] = new Uint32Array(this.#take(at, HEADER).buffer);
      if (!isKnown(origin)) break;
      const stream = code === 0 ? "stdout" : "stderr";
      const piece = this.#take(at + HEADER, length);
      const last = records.at(-1);
      if (last?.origin === origin && last.stream === stream) last.pieces.push(piece);
      else records.push({ origin, stream, pieces: [piece] });
      at = (at + HEADER + length) | 0;
    }
    Atomics.store(this.#counters, READ, at);
    Atomics.notify(this.#counters, READ);
    return records.map(({ pieces, ...record }) => ({ ...record, text: Buffer.concat(pieces).toString() }));
  }

  #waitForRoom(size: number, wake: () => void): void {
    for (;;) {
      const read = Atomics.load(this.#counters, READ);
      if (((Atomics.load(this.#counters, WRITTEN) - read) >>> 0) + size <= this.#bytes.length) return;
      wake();
      Atomics.wait(this.#counters, READ, read, 50);
    }
  }

  #put(position: number, bytes: Uint8Array): void {
    const at = (position >>> 0) % this.#bytes.length;
    const room = this.#bytes.length - at;
    if (bytes.length <= room) this.#bytes.set(bytes, at);
    else {
      this.#bytes.set(bytes.subarray(0, room), at);
      this.#bytes.set(bytes.subarray(room), 0);
    }
  }

  #take(position: number, length: number): Uint8Array {
    const at = (position >>> 0) % this.#bytes.length;
    const taken = new Uint8Array(length);
    const room = Math.min(length, this.#bytes.length - at);
    taken.set(this.#bytes.subarray(at, at + room));
    taken.set(this.#bytes.subarray(0, length - room), room);
    return taken;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { type Entry, type Head, LONGEST_LINE, lineOf, readLine } from "./entry.js";

export const LOG = "annotations.log";
const LOCK = "annotations.lock";

/** What the log may have in bytes. */
const LONGEST_LOG = 512 * 2 ** 20;
/** How often the lock is asked for, and how long is waited between, in milliseconds. */
const TRIES = 200;
const PAUSE = 50;
/** So many times in a row no lock could be had, and none was there. */
const ABSENT = 5;

const LINE_BREAK = 10;

/**
 * What people did with an audit's pictures, line by line in a file that is only ever added to. Several processes may add to
 * it: one at a time by a lock, each line in one piece. What cannot be read is left out and said in `notices`.
 */
export class AnnotationLog {
  readonly entries: Entry[] = [];
  readonly #damages: string[] = [];
  readonly #path: string;
  readonly #lock: string;
  readonly #pictures: string;
  /** Bytes of the lines that are read, and what is behind them, without its end. */
  #read = 0;
  #rest = 0;
  #lines = 0;

  /** @param pictures `picturesSha256` of the audit's manifest */
  constructor(folder: string, pictures: string) {
    this.#path = files.join(folder, LOG);
    this.#lock = files.join(folder, LOCK);
    this.#pictures = pictures;
  }

  /** What could not be read, in sentences. */
  get notices(): readonly string[] {
    const torn = `the last entry of ${LOG} was not written to its end, and is left out`;
    return this.#rest > 0 ? [...this.#damages, torn] : this.#damages;
  }

  /**
   * Reads what came since the last time.
   * @returns whether anything did
   * @throws SightlineError `bad-data` for another audit's log, or one that has lost lines
   */
  async read(): Promise<boolean> {
    const size = (await files.stat(this.#path))?.size ?? 0;
    if (size > LONGEST_LOG) throw this.#damaged(`it has ${size} bytes, more than ${LONGEST_LOG}`);
    if (size < this.#read) throw this.#damaged("lines that were there are gone");
    if (size === this.#read + this.#rest) return false;
    const bytes = await files.readPart(this.#path, this.#read, size - this.#read);
    const whole = bytes.lastIndexOf(LINE_BREAK) + 1;
    this.#rest = bytes.length - whole;
    if (whole === 0) return false;
    this.#read += whole;
    const lines = new TextDecoder().decode(bytes.subarray(0, whole - 1)).split("\n");
    for (const line of lines) this.#take(line);
    return true;
  }

  #take(line: string): void {
    this.#lines += 1;
    const value = line.length <= LONGEST_LINE ? readLine(line) : undefined;
    if (!value) {
      this.#damages.push(`line ${this.#lines} of ${LOG} is damaged, as when a process is killed, and left out`);
    } else if ("action" in value) {
      this.entries.push(value);
    } else if (value.pictures !== this.#pictures) {
      throw this.#damaged("it is about other pictures");
    }
  }

  /**
   * Adds an entry behind all that others have added.
   * @param make what is to be added, once all before it is read; undefined for nothing
   * @throws SightlineError `write-failed`, `bad-config` for an entry that is too long
   */
  async append(make: () => Entry | undefined): Promise<Entry | undefined> {
    const release = await this.#locked();
    try {
      await this.read();
      const entry = make();
      if (!entry) return undefined;
      const line = new TextEncoder().encode(`${this.#before()}${lineOf(entry)}`);
      this.#checkLength(line.length);
      await this.#write(line);
      await this.read();
      return entry;
    } finally {
      await release();
    }
  }

  /** What has to stand before a line: the head of a new log, the end of a line that was broken off. */
  #before(): string {
    if (this.#rest > 0) return "\n";
    const head: Head = { format: "sightline-annotations", formatVersion: 1, pictures: this.#pictures };
    return this.#read === 0 ? lineOf(head) : "";
  }

  #checkLength(length: number): void {
    const room = LONGEST_LOG - this.#read - this.#rest;
    if (length <= Math.min(LONGEST_LINE, room)) return;
    throw new SightlineError("bad-config", `the entry has ${length} bytes`, {
      received: length,
      expected: `at most ${LONGEST_LINE} bytes, and ${LONGEST_LOG} in all of ${LOG}`,
      next: "choose fewer pictures",
    });
  }

  async #write(line: Uint8Array): Promise<void> {
    try {
      await files.append(this.#path, line);
    } catch (cause) {
      throw this.#unwritten(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  async #locked(): Promise<() => Promise<void>> {
    let absent = 0;
    for (let i = 0; i < TRIES; i++) {
      const release = await files.lock(this.#lock);
      if (release) return release;
      // where no lock can be made, nothing can be written either, and writing says why
      absent = (await files.stat(this.#lock)) ? 0 : absent + 1;
      if (absent === ABSENT) return async () => {};
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    throw this.#unwritten("another process has its lock");
  }

  #unwritten(why: string, cause?: unknown): SightlineError<"write-failed"> {
    return new SightlineError("write-failed", `${this.#path} could not be written: ${why}`, {
      received: why,
      next: "free space or write to a copy of the audit's folder, then try again",
      cause,
    });
  }

  #damaged(why: string): SightlineError<"bad-data"> {
    return new SightlineError("bad-data", `the audit's ${LOG} cannot be read: ${why}`, {
      received: this.#path,
      expected: "the notes of this audit",
      next: "open the audit again, or move the file away",
    });
  }
}

/**
 * Numbers that the main thread and the transport thread share, so that an interrupt finds a main thread that is deep in a
 * synchronous loop. An execution is known by its number, which is never used twice; 0 means none.
 */
export class Signals {
  readonly #slots: Int32Array;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(Slot.count * 4);
  }

  constructor(shared: SharedArrayBuffer) {
    this.#slots = new Int32Array(shared);
  }

  /** The execution that runs now. */
  get running(): number {
    return Atomics.load(this.#slots, Slot.running);
  }
  set running(execution: number) {
    Atomics.store(this.#slots, Slot.running, execution);
  }

  /** The execution that is to stop. */
  get target(): number {
    return Atomics.load(this.#slots, Slot.target);
  }
  set target(execution: number) {
    Atomics.store(this.#slots, Slot.target, execution);
  }

  /** The execution whose script V8 runs right now under `breakOnSigint`. */
  get synchronous(): number {
    return Atomics.load(this.#slots, Slot.synchronous);
  }
  set synchronous(execution: number) {
    Atomics.store(this.#slots, Slot.synchronous, execution);
  }

  /** SIGINTs that the transport thread sent to this process and the main thread has not seen yet. */
  get sigintsUnderway(): number {
    return Atomics.load(this.#slots, Slot.sigints);
  }
  sigintSent(): void {
    Atomics.add(this.#slots, Slot.sigints, 1);
  }
  sigintSeen(): void {
    if (this.sigintsUnderway > 0) Atomics.sub(this.#slots, Slot.sigints, 1);
  }
}

const Slot = { running: 0, target: 1, synchronous: 2, sigints: 3, count: 4 } as const;

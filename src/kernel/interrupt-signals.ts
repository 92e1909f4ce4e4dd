/**
 * Numbers that the main thread and the transport thread share, so that an interrupt finds a main thread that is deep in a
 * synchronous loop. An execution is known by its number, which is never used twice; 0 means none.
 */
export class InterruptSignals {
  readonly #slots: Int32Array;

  /** @param memory that of the other thread's signals; new memory by default */
  constructor(readonly memory = new SharedArrayBuffer(Slot.count * 4)) {
    this.#slots = new Int32Array(memory);
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

  /** Called inside a script that V8 runs under `breakOnSigint`: from now on SIGINT stops it. */
  enter(execution: number): void {
    Atomics.store(this.#slots, Slot.synchronous, execution);
  }

  /**
   * Called inside the script at its end. Outside of it a SIGINT would find Node without a handler and end the process, so
   * one that is on its way is waited for here.
   */
  leave(execution: number): void {
    if (Atomics.compareExchange(this.#slots, Slot.synchronous, execution, 0) === execution) return;
    const end = Date.now() + 1_000;
    while (Date.now() < end);
    this.left();
  }

  /** The script has ended, one way or the other. */
  left(): void {
    Atomics.store(this.#slots, Slot.synchronous, 0);
  }

  /** Claims the right to send SIGINT to an execution; false where its script does not run. */
  claim(execution: number): boolean {
    return Atomics.compareExchange(this.#slots, Slot.synchronous, execution, -execution) === execution;
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

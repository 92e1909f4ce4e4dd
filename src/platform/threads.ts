/**
 * Threads: a module of ours that runs beside the caller. The module exports `serve`, which gets its end of the line;
 * {@link OpenThread} is the other end. Neither knows what kind of thread the platform makes.
 */

/** Modules that run as threads, by their path in `src/` without its ending. */
export type ThreadModule =
  | "audit/hygiene/duplicates-worker"
  | "audit/layout/agree-worker"
  | "audit/layout/layout-worker"
  | "audit/servers/sealed-query"
  | "audit/shortcuts/cluster-worker"
  | "model/session-thread";

export interface ThreadOptions<Reply> {
  /** What `serve` gets besides its port; copied. */
  readonly data?: unknown;
  /**
   * Runs the module in a process of its own, so that native code which crashes or takes too much memory ends that process
   * alone. A platform that has no processes runs a thread.
   */
  readonly isolation?: Isolation;
  onMessage(message: Reply): void;
  /** Called once when the thread is gone, with what went wrong unless {@link Thread.end} ended it. */
  onEnd?(error?: Error): void;
}

export interface Isolation {
  /** Bytes by which one message may make the process grow. */
  readonly memoryLimit: number;
}

/** What an isolated module ended by: more memory than it may take, or a crash of native code. */
export class IsolationError extends Error {
  override readonly name = "IsolationError";

  /** @param message what the process said last */
  constructor(
    readonly reason: "memory" | "crash",
    message: string,
  ) {
    super(message);
  }
}

/** The caller's end of a thread. */
export interface Thread<Request> {
  /** Whether a `SharedArrayBuffer` can be sent to it. */
  readonly sharesMemory: boolean;
  /** Sends a message. The memory in `transfer` moves to the thread and must not be touched again. */
  post(message: Request, transfer?: readonly ArrayBuffer[]): void;
  /** Whether the thread keeps the process alive. A new one does not. */
  keepAlive(on: boolean): void;
  /** Ends the thread as soon as it is out of native code; resolves when it is gone. Messages under way are lost. */
  end(): Promise<void>;
}

/** The thread's own end. */
export interface ThreadPort<Request, Reply> {
  onMessage(listener: (message: Request) => void): void;
  post(message: Reply, transfer?: readonly ArrayBuffer[]): void;
  /**
   * Runs native code, in the middle of which the thread is never ended: that would take the process with it.
   * Rejects where the thread is about to end.
   */
  native<T>(work: () => Promise<T>): Promise<T>;
  /** What is to be released before a thread that has run native code ends. */
  onEnd(release: () => Promise<void>): void;
}

/** What the module of a thread exports as `serve`; a rejection ends the thread with an error. */
export type Serve<Request, Reply, Data = undefined> = (
  port: ThreadPort<Request, Reply>,
  data: Data,
) => void | Promise<void>;

/** Starts a thread, or a process where one is asked for. */
export type OpenThread = <Request, Reply>(module: ThreadModule, options: ThreadOptions<Reply>) => Thread<Request>;

/** A channel to the front end, as the kernel gives it. */
export interface WidgetComm {
  readonly id: string;
  send(data: Readonly<Record<string, unknown>>, options?: { buffers?: readonly Uint8Array[] }): void;
  onMessage(listener: (message: WidgetMessage) => void): unknown;
  onClose(listener: () => void): unknown;
  close(): void;
}

/** A message of a comm: JSON, and binary parts beside it. */
export interface WidgetMessage {
  readonly data: unknown;
  readonly buffers: readonly Uint8Array[];
}

/** What widgets need of the kernel they live in. */
export interface WidgetHost {
  open(
    target: string,
    data: Readonly<Record<string, unknown>>,
    options: { buffers: readonly Uint8Array[]; metadata: Readonly<Record<string, unknown>> },
  ): WidgetComm;
  /** Lets the front end open a comm. */
  onComm(target: string, listener: (comm: WidgetComm, message: WidgetMessage) => void): void;
  /** The cell that runs, named the same each time it runs. */
  cell(): string | undefined;
  /** Tells when a cell starts, before its code does. */
  onCell(listener: (cell: string) => void): void;
  /** Shows a value under the cell that runs; with `update`, in place of what was shown under that id. */
  display(value: unknown, options?: { id?: string; update?: boolean }): void | Promise<void>;
}

interface Surroundings {
  host?: WidgetHost;
  readonly waiting: ((host: WidgetHost) => void)[];
}

const key = Symbol.for("sightline.widgets");

/** Kept on the global object, so that copies of the package agree. */
const surroundings: Surroundings = home();

function home(): Surroundings {
  const page = globalThis as { [key]?: Surroundings };
  page[key] ??= { waiting: [] };
  return page[key];
}

/** The kernel around this process; undefined in plain Node, where widgets keep their state and show their fallback. */
export function widgetHost(): WidgetHost | undefined {
  return surroundings.host;
}

/** Sets the kernel; a test may set an imitation. */
export function useWidgetHost(host: WidgetHost | undefined): void {
  surroundings.host = host;
  if (host) for (const listener of surroundings.waiting) listener(host);
}

/** Called with every kernel that is set, the present one at once. */
export function whenHosted(listener: (host: WidgetHost) => void): void {
  surroundings.waiting.push(listener);
  if (surroundings.host) listener(surroundings.host);
}

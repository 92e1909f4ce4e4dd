import { useWidgetHost, type WidgetComm, type WidgetHost, type WidgetMessage } from "../../src/core/widget-host.js";

/** A message as it went over the wire: what JSON leaves of it, and how long its binary parts are. */
export interface WireMessage {
  readonly type: "comm_open" | "comm_msg" | "comm_close";
  readonly id: string;
  readonly target?: string;
  readonly data: Record<string, unknown>;
  readonly buffers: readonly Uint8Array[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A kernel without a wire: records what widgets send and speaks as the front end. */
export class FakeHost implements WidgetHost {
  readonly log: WireMessage[] = [];
  readonly open_ = new Map<string, FakeComm>();
  readonly displayed: unknown[] = [];
  running: string | undefined;
  #cells: ((cell: string) => void)[] = [];
  #targets = new Map<string, (comm: WidgetComm, message: WidgetMessage) => void>();
  #count = 0;

  static use(): FakeHost {
    const host = new FakeHost();
    useWidgetHost(host);
    return host;
  }

  open: WidgetHost["open"] = (target, data, { buffers, metadata }) => {
    const comm = new FakeComm(this, `comm-${++this.#count}`);
    this.open_.set(comm.id, comm);
    this.record({ type: "comm_open", id: comm.id, target, data: { ...data }, buffers, metadata });
    return comm;
  };

  onComm(target: string, listener: (comm: WidgetComm, message: WidgetMessage) => void): void {
    this.#targets.set(target, listener);
  }

  cell(): string | undefined {
    return this.running;
  }

  onCell(listener: (cell: string) => void): void {
    this.#cells.push(listener);
  }

  display(value: unknown): void {
    this.displayed.push(value);
  }

  /** Runs a cell: what it showed before is gone from the page. */
  async run(cell: string, code: () => void | Promise<void>): Promise<void> {
    this.running = cell;
    for (const listener of this.#cells) listener(cell);
    await code();
    this.running = undefined;
  }

  /** The front end speaks on a comm. */
  say(id: string, data: unknown, buffers: readonly Uint8Array[] = []): void {
    this.open_.get(id)?.receive({ data: JSON.parse(JSON.stringify(data)), buffers });
  }

  /** The front end opens a comm. */
  opens(target: string): FakeComm {
    const comm = new FakeComm(this, `front-${++this.#count}`);
    this.open_.set(comm.id, comm);
    this.#targets.get(target)?.(comm, { data: {}, buffers: [] });
    return comm;
  }

  record(message: WireMessage): void {
    this.log.push({ ...message, data: JSON.parse(JSON.stringify(message.data)) });
  }

  /** What was sent since the last call. */
  take(): WireMessage[] {
    return this.log.splice(0);
  }
}

export class FakeComm implements WidgetComm {
  #message: ((message: WidgetMessage) => void)[] = [];
  #close: (() => void)[] = [];

  constructor(
    readonly host: FakeHost,
    readonly id: string,
  ) {}

  send(data: Readonly<Record<string, unknown>>, { buffers = [] }: { buffers?: readonly Uint8Array[] } = {}): void {
    this.host.record({ type: "comm_msg", id: this.id, data: { ...data }, buffers });
  }

  onMessage(listener: (message: WidgetMessage) => void): void {
    this.#message.push(listener);
  }

  onClose(listener: () => void): void {
    this.#close.push(listener);
  }

  close(): void {
    this.host.open_.delete(this.id);
    this.host.record({ type: "comm_close", id: this.id, data: {}, buffers: [] });
  }

  receive(message: WidgetMessage): void {
    for (const listener of this.#message) listener(message);
  }

  closedByFrontEnd(): void {
    this.host.open_.delete(this.id);
    for (const listener of this.#close) listener();
  }
}

/** Lets promises that are ready go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((done) => setImmediate(done));
}

import { SightlineError } from "../core/errors.js";
import { type CellContext, cellContext } from "./cell-context.js";
import { cellError } from "./cell-error.js";
import { CellQueue } from "./cell-queue.js";
import { CommRegistry } from "./comm-registry.js";
import { DisplayQueue } from "./display-queue.js";
import type { Executor } from "./executor.js";
import { History } from "./history.js";
import type { CommMessage } from "./host.js";
import { InputRequests } from "./input-requests.js";
import { Iopub } from "./iopub.js";
import { toJson } from "./json.js";
import type { CellLanguage } from "./language/service.js";
import { offerNotebookApi } from "./notebook-api.js";
import type { Message } from "./protocol.js";
import { type KernelInfo, type RequestHandlers, requestHandlers } from "./request-handlers.js";
import { safeInspect } from "./safe-inspect.js";
import type { RequestChannel, StreamName, Transport } from "./transport.js";

export interface KernelOptions {
  transport: Transport;
  executor: Executor;
  /** The language of the cells, loaded when it is first needed. */
  language: () => Promise<CellLanguage>;
  info: KernelInfo;
  /** Writes to the log of whoever started the kernel, not into a notebook. */
  log(text: string): void;
  /** Ends what the kernel lives in. */
  exit(status: number): void;
}

/** The kernel: answers the messages of the Jupyter protocol. */
export class Kernel {
  readonly #options: KernelOptions;
  readonly #iopub: Iopub;
  readonly #history = new History();
  readonly #displays: DisplayQueue;
  readonly #inputs: InputRequests;
  readonly #comms: CommRegistry;
  readonly #cells: CellQueue;
  readonly #requests: RequestHandlers;
  #exiting = false;

  constructor(options: KernelOptions) {
    const { transport, executor, language } = options;
    this.#options = options;
    this.#iopub = new Iopub(transport);
    this.#displays = new DisplayQueue(this.#iopub);
    this.#inputs = new InputRequests(this.#iopub);
    this.#comms = new CommRegistry({
      send: (type, content, { buffers = [], metadata = {} }) =>
        transport.send("iopub", {
          type,
          content: toJson(content, "a comm message"),
          metadata: toJson(metadata, "the metadata of a comm message"),
          parent: this.#iopub.cell.request,
          buffers: buffers.map(bytesOf),
        }),
      owner: () => this.#iopub.cell,
      run: (owner, listener) => this.#runListener(owner as CellContext, listener),
    });
    this.#cells = new CellQueue({
      iopub: this.#iopub,
      executor,
      displays: this.#displays,
      history: this.#history,
      language,
      log: (error) => options.log(safeInspect(error)),
    });
    this.#requests = requestHandlers({ comms: this.#comms, history: this.#history, language, info: options.info });
  }

  /** Offers the notebook API to cells and starts to answer. */
  async start(): Promise<void> {
    const { transport, executor } = this.#options;
    offerNotebookApi({
      iopub: this.#iopub,
      displays: this.#displays,
      inputs: this.#inputs,
      comms: this.#comms,
      cells: this.#cells,
    });
    const opened = transport.open({
      message: (channel, message, receivedAt) => void this.#receive(channel, message, receivedAt),
      interrupt: (execution) => executor.interrupt(execution),
    });
    this.#iopub.status("starting", {});
    await opened;
  }

  /** Loads the language while nobody waits. */
  async warmUp(): Promise<void> {
    const language = await this.#options.language();
    if (!this.#cells.started) language.warmUp();
  }

  get exiting(): boolean {
    return this.#exiting;
  }

  /** What is printed goes to the cell that prints. */
  print(stream: StreamName, text: string): void {
    this.#options.transport.print(this.#iopub.cell.output, stream, text);
  }

  /** Errors in callbacks stand in the cell that started them. */
  showError(error: unknown): void {
    if (!this.#exiting) this.#iopub.error(cellError(error, 0, ""), this.#iopub.cell.output);
  }

  /** Stops the cell that runs. */
  interrupt(): void {
    this.#options.executor.interrupt();
  }

  /** Ends the cell that runs with an error, then the kernel. */
  abandon(error: Error, status: number): void {
    const { transport, executor } = this.#options;
    const { request, output, identities, execution } = this.#iopub.cell;
    const failed = cellError(error, this.#cells.count, "");
    this.#iopub.error(failed, output);
    if (execution !== 0 && executor.execution === execution) {
      const content = JSON.stringify({ status: "error", execution_count: this.#cells.count, ...failed.reply });
      transport.send("shell", { type: "execute_reply", content, parent: request, identities });
      this.#iopub.status("idle", request);
    }
    void this.exit(status);
  }

  async exit(status: number): Promise<void> {
    if (this.#exiting) return;
    this.#exiting = true;
    const { transport, exit } = this.#options;
    transport.exiting();
    await transport.close();
    exit(status);
  }

  async #receive(channel: RequestChannel, message: Message, receivedAt: number): Promise<void> {
    const { header } = message;
    if (channel === "stdin") return this.#inputs.answer(message);
    if (header.msg_type === "execute_request") return this.#cells.add(message, receivedAt);
    this.#iopub.status("busy", header);
    await this.#answer(channel, message);
    this.#iopub.status("idle", header);
    if (header.msg_type === "shutdown_request") await this.exit(0);
  }

  async #answer(channel: RequestChannel, message: Message): Promise<void> {
    const { transport, log } = this.#options;
    const { header, content, identities } = message;
    const type = header.msg_type;
    const reply = (answer: object) => {
      if (!type.endsWith("_request")) return;
      transport.send(channel, {
        type: type.replace(/_request$/, "_reply"),
        content: JSON.stringify(answer),
        parent: header,
        identities,
      });
    };
    try {
      if (COMM_TYPES.has(type)) return await this.#handleComm(message);
      const handler = this.#requests.get(type);
      if (handler) return reply(await handler(content));
      log(`no answer to '${type}'`);
      reply({ status: "error", ename: "NotImplementedError", evalue: `unknown request '${type}'`, traceback: [] });
    } catch (error) {
      log(safeInspect(error));
      reply({ status: "error", ...cellError(error, 0, "").reply });
    }
  }

  async #handleComm({ header, content, metadata, buffers, identities }: Message): Promise<void> {
    const data = (content.data ?? {}) as CommMessage["data"];
    const { output } = this.#iopub.lastCell;
    const context: CellContext = { request: header, output, identities, allowStdin: false, execution: 0 };
    await cellContext.run(context, () => this.#comms.handle(header.msg_type, content, { data, buffers, metadata }));
    await this.#displays.sent();
  }

  /** Runs a comm listener: what it prints, shows and throws stands in the cell that registered it. */
  async #runListener(owner: CellContext, listener: () => unknown): Promise<void> {
    const context: CellContext = { ...owner, execution: 0, signal: undefined, request: this.#iopub.cell.request };
    await cellContext.run(context, async () => {
      try {
        await listener();
      } catch (error) {
        this.showError(error);
      }
    });
  }
}

const COMM_TYPES = new Set(["comm_open", "comm_msg", "comm_close"]);

/** The bytes behind a typed array, a DataView or an ArrayBuffer, not copied. */
function bytesOf(buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) return new Uint8Array(buffer);
  throw new SightlineError("bad-data", "a comm message has a buffer that is not binary", {
    received: buffer,
    expected: "typed arrays, DataViews and ArrayBuffers",
  });
}

import { nextTurn } from "../core/event-loop.js";
import { type CellContext, cellContext } from "./cell-context.js";
import type { DisplayQueue } from "./display-queue.js";
import type { ErrorReply } from "./error-reply.js";
import type { Executor, Outcome } from "./executor.js";
import type { History } from "./history.js";
import { helpPage, helpSubject } from "./introspection.js";
import type { Iopub } from "./iopub.js";
import type { CellLanguage } from "./language/service.js";
import { mimeBundle } from "./mime-bundle.js";
import type { Message } from "./protocol.js";

export interface CellQueueParts {
  iopub: Iopub;
  executor: Executor;
  displays: DisplayQueue;
  history: History;
  language: () => Promise<CellLanguage>;
}

interface CellRequest {
  message: Message;
  source: string;
  /** The cell's number for the reader. */
  count: number;
  silent: boolean;
  context: CellContext;
  reply(answer: object): void;
}

/** Runs `execute_request`s, one after the other. */
export class CellQueue {
  readonly #parts: CellQueueParts;
  readonly #listeners = new Set<(cell: string) => void>();
  #last: Promise<void> = Promise.resolve();
  /** Number of the last cell that the history holds. */
  #count = 0;
  #executions = 0;
  /** What arrived until then is not run, because a cell before it failed. */
  #abortUntil = 0;

  constructor(parts: CellQueueParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether any cell has run. */
  get started(): boolean {
    return this.#executions > 0;
  }

  /** Tells when a cell starts, before its code does. */
  onCell(listener: (cell: string) => void): void {
    this.#listeners.add(listener);
  }

  add(message: Message, receivedAt: number): void {
    this.#last = this.#last.then(() => this.#handle(message, receivedAt));
  }

  async #handle(message: Message, receivedAt: number): Promise<void> {
    const { header, identities } = message;
    const { iopub } = this.#parts;
    const reply = (answer: object) => {
      const content = { execution_count: this.#count, payload: [], user_expressions: {}, ...answer };
      iopub.transport.send("shell", {
        type: "execute_reply",
        content: JSON.stringify(content),
        parent: header,
        identities,
      });
    };
    iopub.status("busy", header);
    if (receivedAt <= this.#abortUntil) reply({ status: "aborted", execution_count: null });
    else await this.#run(this.#begin(message, reply));
    iopub.status("idle", header);
    await nextTurn();
  }

  /** From here on the cell counts as running. */
  #begin(message: Message, reply: (answer: object) => void): CellRequest {
    const { iopub, executor, history } = this.#parts;
    const { header, content, metadata, identities } = message;
    const source = String(content.code ?? "");
    const silent = content.silent === true;
    const stored = content.store_history !== false && !silent;
    if (stored) this.#count++;
    const count = this.#count;
    const controller = new AbortController();
    const context: CellContext = {
      request: header,
      output: header,
      identities,
      allowStdin: content.allow_stdin === true,
      cell: typeof metadata.cellId === "string" ? metadata.cellId : `cell-${count}`,
      execution: ++this.#executions,
      signal: controller.signal,
    };
    iopub.lastCell = context;
    iopub.transport.running(header);
    executor.begin(context.execution, controller);
    if (!silent) iopub.publish("execute_input", { code: source, execution_count: count }, header);
    if (stored) history.add(count, source);
    for (const listener of this.#listeners) cellContext.run(context, () => listener(context.cell!));
    return { message, source, count, silent, context, reply };
  }

  async #run(request: CellRequest): Promise<void> {
    const { executor, language } = this.#parts;
    const { message, source, count, context, reply } = request;
    const subject = helpSubject(source);
    if (subject !== undefined) {
      reply({ status: "ok", payload: helpPage(await language(), subject) });
      executor.end();
      return;
    }
    const outcome = await executor.execute(source, count, context);
    if (outcome.status === "error") return this.#failed(request, outcome.error);
    await this.#succeeded(request, outcome);
    const answers = await this.#userExpressions(message.content.user_expressions, context);
    reply({ status: "ok", user_expressions: answers });
  }

  async #failed({ message, silent, reply }: CellRequest, error: ErrorReply): Promise<void> {
    const { iopub, displays } = this.#parts;
    await displays.sent;
    if (!silent) iopub.error(error, message.header);
    if (message.content.stop_on_error !== false) this.#abortUntil = performance.timeOrigin + performance.now();
    reply({ status: "error", ...error });
  }

  async #succeeded(request: CellRequest, { value }: Extract<Outcome, { status: "ok" }>): Promise<void> {
    if (value && !request.silent) await this.#showResult(request, value.value);
    await this.#parts.displays.sent;
  }

  async #showResult({ count, context }: CellRequest, value: unknown): Promise<void> {
    const { iopub, displays, history } = this.#parts;
    await displays.sent;
    if (displays.isDisplay(value)) return;
    const data = await cellContext.run(context, () => mimeBundle(value));
    iopub.publish("execute_result", { data, metadata: {}, execution_count: count }, context.output);
    if (typeof data["text/plain"] === "string") history.setOutput(count, data["text/plain"]);
  }

  async #userExpressions(requested: unknown, context: CellContext): Promise<Record<string, object>> {
    const { executor } = this.#parts;
    const answers: Record<string, object> = {};
    for (const [name, source] of Object.entries((requested as Record<string, string>) ?? {})) {
      executor.begin(context.execution, new AbortController());
      const outcome = await executor.execute(`(${source})`, this.#count, context);
      answers[name] =
        outcome.status === "ok"
          ? { status: "ok", data: await mimeBundle(outcome.value?.value), metadata: {} }
          : { status: "error", ...outcome.error };
    }
    return answers;
  }
}

import { nextTurn } from "../core/event-loop.js";
import { type CellContext, cellContext } from "./cell-context.js";
import { type CellError, cellError } from "./cell-error.js";
import { type DisplayQueue, displayFailed } from "./display-queue.js";
import type { Executor } from "./executor.js";
import type { History } from "./history.js";
import { helpPage, helpSubject } from "./introspection.js";
import type { Iopub } from "./iopub.js";
import { toJson } from "./json.js";
import type { CellLanguage } from "./language/service.js";
import { mimeBundle } from "./mime-bundle.js";
import type { Message } from "./protocol.js";

export interface CellQueueParts {
  iopub: Iopub;
  executor: Executor;
  displays: DisplayQueue;
  history: History;
  language: () => Promise<CellLanguage>;
  log(text: unknown): void;
}

interface CellRequest {
  message: Message;
  source: string;
  /** The cell's number for the reader. */
  count: number;
  silent: boolean;
  context: CellContext;
}

/** Content of an `execute_reply`, without what all of them have. */
type Answer = { status: "ok" | "error" | "aborted" } & Record<string, unknown>;

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
    this.#last = this.#last.then(() => this.#handle(message, receivedAt)).catch(this.#parts.log);
  }

  /** Whatever the cell does, it is answered, and the next one has its turn. */
  async #handle(message: Message, receivedAt: number): Promise<void> {
    const { header, identities } = message;
    const { iopub } = this.#parts;
    iopub.status("busy", header);
    const answer: Answer =
      receivedAt <= this.#abortUntil
        ? { status: "aborted", execution_count: null }
        : await this.#run(this.#begin(message));
    const content = { execution_count: this.#count, payload: [], user_expressions: {}, ...answer };
    iopub.transport.send("shell", {
      type: "execute_reply",
      content: JSON.stringify(content),
      parent: header,
      identities,
    });
    iopub.status("idle", header);
    await nextTurn();
  }

  /** From here on the cell counts as running. */
  #begin(message: Message): CellRequest {
    const { iopub, executor, history } = this.#parts;
    const { header, content, metadata, identities } = message;
    const source = typeof content.code === "string" ? content.code : "";
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
    return { message, source, count, silent, context };
  }

  async #run(request: CellRequest): Promise<Answer> {
    const { executor } = this.#parts;
    try {
      return await this.#answer(request);
    } catch (error) {
      return await this.#failed(request, cellError(error, request.count, request.source));
    } finally {
      executor.end();
    }
  }

  async #answer(request: CellRequest): Promise<Answer> {
    const { executor, displays, language } = this.#parts;
    const { message, source, count, context, silent } = request;
    for (const listener of this.#listeners) cellContext.run(context, () => listener(context.cell!));
    const subject = helpSubject(source);
    if (subject !== undefined) return { status: "ok", payload: helpPage(await language(), subject) };
    const outcome = await executor.execute(source, count, context);
    if (outcome.status === "error") return this.#failed(request, outcome.error);
    if (outcome.value && !silent) await this.#showResult(request, outcome.value.value);
    await displays.sent(executor.interrupted);
    const answers = await this.#userExpressions(message.content.user_expressions, context);
    return { status: "ok", user_expressions: answers };
  }

  async #failed({ message, silent }: CellRequest, error: CellError): Promise<Answer> {
    const { iopub, executor, displays } = this.#parts;
    await displays.sent(executor.interrupted).catch(() => {});
    if (!silent) iopub.error(error, message.header);
    if (message.content.stop_on_error !== false) this.#abortUntil = performance.timeOrigin + performance.now();
    return { status: "error", ...error.reply };
  }

  async #showResult({ count, context }: CellRequest, value: unknown): Promise<void> {
    const { iopub, executor, displays, history } = this.#parts;
    await displays.sent(executor.interrupted);
    if (displays.isDisplay(value)) return;
    const published = (async () => {
      const data = await cellContext.run(context, () => mimeBundle(value));
      iopub.publish("execute_result", { data, metadata: {}, execution_count: count }, context.output);
      if (typeof data["text/plain"] === "string") history.setOutput(count, data["text/plain"]);
    })();
    try {
      await displays.withinLimit(published, executor.interrupted);
    } catch (error) {
      throw displayFailed("the result", error);
    }
  }

  async #userExpressions(requested: unknown, context: CellContext): Promise<Record<string, object>> {
    if (typeof requested !== "object" || requested === null) return {};
    const answers: [string, object][] = [];
    for (const [name, source] of Object.entries(requested)) {
      answers.push([name, await this.#userExpression(String(source), context)]);
    }
    return Object.fromEntries(answers);
  }

  async #userExpression(source: string, context: CellContext): Promise<object> {
    const { executor, displays } = this.#parts;
    executor.begin(context.execution, new AbortController());
    try {
      const outcome = await executor.execute(`(${source})`, this.#count, context);
      if (outcome.status === "error") return { status: "error", ...outcome.error.reply };
      const bundle = (async () => cellContext.run(context, () => mimeBundle(outcome.value?.value)))();
      const data = await displays.withinLimit(bundle, executor.interrupted);
      return { status: "ok", data: JSON.parse(toJson(data, "the value")), metadata: {} };
    } catch (error) {
      return { status: "error", ...cellError(displayFailed("the value", error), this.#count, source).reply };
    } finally {
      executor.end();
    }
  }
}

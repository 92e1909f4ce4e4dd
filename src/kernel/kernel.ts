import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { StringDecoder } from "node:string_decoder";
import { inspect } from "#platform/inspect";
import { SightlineError } from "../core/errors.js";
import { version } from "../core/version.js";
import { useWidgetHost } from "../core/widget-host.js";
import { ambient } from "../core/work.js";
import { Comm, type CommMessage, CommRegistry } from "./comms.js";
import type { Connection } from "./connection.js";
import { type Failure, thrownFailure } from "./error-reply.js";
import { type Context, context, Executor, type TypeErrors } from "./executor.js";
import { History } from "./history.js";
import { type KernelHost, setKernelHost } from "./host.js";
import type { CellLanguage } from "./language/service.js";
import { mimeBundle } from "./mime-bundle.js";
import type { StreamName } from "./text-ring.js";
import { Transport } from "./transport.js";
import { bytesOf, type Header, type Message, PROTOCOL_VERSION } from "./wire.js";

export interface KernelOptions {
  /** Folder of the notebook. */
  folder: string;
  /** Whether a type error stops a cell, is only shown, or is not looked for. */
  typeErrors: TypeErrors;
}

/** `name?` asks for help, as in IPython. */
const HELP = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$.]*)\?\s*$/u;

const { version: typescriptVersion } = createRequire(import.meta.url)("typescript/package.json") as { version: string };
const realExit = process.exit.bind(process);

/** The kernel: answers the messages of the Jupyter protocol on the main thread. */
export class Kernel {
  readonly #transport: Transport;
  readonly #executor: Executor;
  readonly #history = new History();
  readonly #comms: CommRegistry;
  readonly #answers = new Map<string, (value: string) => void>();
  readonly #cellListeners = new Set<(cell: string) => void>();
  readonly #languageLoaded: () => Promise<CellLanguage>;
  /** Where output goes that no cell is known for. */
  #last: Context = { request: {}, output: {}, identities: [], allowStdin: false, execution: 0 };
  #queue: Promise<void> = Promise.resolve();
  #displays: Promise<void> = Promise.resolve();
  /** What `display` returned: a cell that ends in it has shown its result already. */
  readonly #shown = new WeakSet<object>();
  #displaying = 0;
  #count = 0;
  #executions = 0;
  #abortUntil = 0;
  #exiting = false;

  constructor(connection: Connection, options: KernelOptions) {
    this.#transport = new Transport(connection, randomUUID(), {
      message: (channel, message, receivedAt) => void this.#receive(channel, message, receivedAt),
      interrupt: (execution) => this.#executor.interrupt(execution),
      log,
      died: () => realExit(1),
    });
    let language: Promise<CellLanguage> | undefined;
    this.#languageLoaded = () => {
      language ??= import("./language/service.js").then(({ CellLanguage }) => new CellLanguage(options.folder));
      return language;
    };
    this.#executor = new Executor(options.folder, this.#languageLoaded, this.#transport.signals, options.typeErrors);
    this.#comms = new CommRegistry(
      (type, content, { buffers = [], metadata = {} }) =>
        this.#transport.send("iopub", {
          type,
          content: JSON.stringify(content),
          metadata: JSON.stringify(metadata),
          parent: this.#here().request,
          buffers: buffers.map(bytesOf),
        }),
      () => this.#here(),
      (owner, listener) => this.#runFor(owner as Context, listener),
    );
  }

  /** Binds the sockets, offers the notebook API to cells and starts to answer. */
  async start(): Promise<void> {
    this.#executor.maps.install();
    this.#offerApi();
    this.#catchOutput();
    this.#catchErrors();
    this.#publish("status", { execution_state: "starting" }, {});
    await this.#transport.ready();
  }

  /** Loads the language while nobody waits. */
  async warmUp(): Promise<void> {
    const language = await this.#languageLoaded();
    if (this.#executions === 0) language.warmUp();
  }

  #here(): Context {
    return context.getStore() ?? this.#last;
  }

  #publish(type: string, content: object, parent: Partial<Header>): void {
    this.#transport.send("iopub", { type, content: JSON.stringify(content), parent });
  }

  async #receive(channel: "shell" | "stdin" | "control", message: Message, receivedAt: number): Promise<void> {
    const { header, content } = message;
    if (channel === "stdin") {
      if (header.msg_type === "input_reply") {
        this.#answers.get(String(message.parentHeader.msg_id))?.(String(content.value ?? ""));
      }
      return;
    }
    if (header.msg_type === "execute_request") {
      this.#queue = this.#queue.then(() => this.#execute(message, receivedAt));
      return;
    }
    const reply = (answer: object) =>
      this.#transport.send(channel, {
        type: header.msg_type.replace(/_request$/, "_reply"),
        content: JSON.stringify(answer),
        parent: header,
        identities: message.identities,
      });
    this.#publish("status", { execution_state: "busy" }, header);
    try {
      await this.#answer(message, reply);
    } catch (error) {
      const { ename, evalue, traceback } = thrownFailure(error, 0, "");
      log(inspect(error));
      if (header.msg_type.endsWith("_request")) reply({ status: "error", ename, evalue, traceback });
    }
    this.#publish("status", { execution_state: "idle" }, header);
    if (header.msg_type === "shutdown_request") await this.#exit(0);
  }

  async #answer(message: Message, reply: (answer: object) => void): Promise<void> {
    const { header, content } = message;
    switch (header.msg_type) {
      case "kernel_info_request":
        return reply(kernelInfo());
      case "comm_info_request": {
        const target = typeof content.target_name === "string" && content.target_name ? content.target_name : undefined;
        return reply({ status: "ok", comms: this.#comms.info(target) });
      }
      case "comm_open":
      case "comm_msg":
      case "comm_close":
        return this.#comm(message);
      case "history_request":
        return reply({ status: "ok", history: this.#history.answer(content) });
      case "is_complete_request": {
        const { completeness } = await import("./language/completeness.js");
        return reply(completeness(String(content.code)));
      }
      case "complete_request":
        return reply(await this.#complete(String(content.code), Number(content.cursor_pos)));
      case "inspect_request":
        return reply(await this.#inspect(String(content.code), Number(content.cursor_pos)));
      case "shutdown_request":
        return reply({ status: "ok", restart: content.restart === true });
      default:
        log(`no answer to '${header.msg_type}'`);
        if (header.msg_type.endsWith("_request")) {
          reply({
            status: "error",
            ename: "NotImplementedError",
            evalue: `unknown request '${header.msg_type}'`,
            traceback: [],
          });
        }
    }
  }

  async #execute(message: Message, receivedAt: number): Promise<void> {
    const { header, content, identities } = message;
    const { silent = false, stop_on_error = true } = content;
    const store = content.store_history !== false && !silent;
    const source = String(content.code ?? "");
    const reply = (answer: object) =>
      this.#transport.send("shell", {
        type: "execute_reply",
        content: JSON.stringify({ execution_count: this.#count, payload: [], user_expressions: {}, ...answer }),
        parent: header,
        identities,
      });
    this.#publish("status", { execution_state: "busy" }, header);
    if (receivedAt <= this.#abortUntil) {
      reply({ status: "aborted", execution_count: null });
      this.#publish("status", { execution_state: "idle" }, header);
      return;
    }
    if (store) this.#count++;
    const count = this.#count;
    const controller = new AbortController();
    const { cellId } = message.metadata;
    const surroundings: Context = {
      request: header,
      output: header,
      identities,
      allowStdin: content.allow_stdin === true,
      cell: typeof cellId === "string" ? cellId : `cell-${count}`,
      execution: ++this.#executions,
      signal: controller.signal,
    };
    this.#last = surroundings;
    this.#transport.running(header);
    this.#executor.begin(surroundings.execution, controller);
    if (!silent) this.#publish("execute_input", { code: source, execution_count: count }, header);
    if (store) this.#history.add(count, source);
    for (const listener of this.#cellListeners) context.run(surroundings, () => listener(surroundings.cell!));

    const asked = HELP.exec(source)?.[1];
    if (asked !== undefined) {
      reply({ status: "ok", payload: await this.#help(asked) });
      this.#executor.end();
      this.#publish("status", { execution_state: "idle" }, header);
      return;
    }
    const outcome = await this.#executor.execute(source, count, surroundings);
    if (outcome.status === "ok") {
      if (outcome.value && !silent) await this.#result(outcome.value.value, count, surroundings);
      await this.#displays;
      reply({ status: "ok", user_expressions: await this.#userExpressions(content.user_expressions, surroundings) });
    } else {
      await this.#displays;
      const { failure } = outcome;
      if (!silent) this.#publish("error", failure, header);
      if (stop_on_error) this.#abortUntil = performance.timeOrigin + performance.now();
      reply({ status: "error", ...failure });
    }
    this.#publish("status", { execution_state: "idle" }, header);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #result(value: unknown, count: number, surroundings: Context): Promise<void> {
    await this.#displays;
    if (typeof value === "object" && value !== null && this.#shown.has(value)) return;
    const data = await context.run(surroundings, () => mimeBundle(value));
    this.#publish("execute_result", { data, metadata: {}, execution_count: count }, surroundings.output);
    if (typeof data["text/plain"] === "string") this.#history.setOutput(count, data["text/plain"]);
  }

  async #userExpressions(requested: unknown, surroundings: Context): Promise<Record<string, object>> {
    const answers: Record<string, object> = {};
    for (const [name, source] of Object.entries((requested as Record<string, string>) ?? {})) {
      this.#executor.begin(surroundings.execution, new AbortController());
      const outcome = await this.#executor.execute(`(${source})`, this.#count, surroundings);
      answers[name] =
        outcome.status === "ok"
          ? { status: "ok", data: await mimeBundle(outcome.value?.value), metadata: {} }
          : { status: "error", ...outcome.failure };
    }
    return answers;
  }

  async #comm({ header, content, metadata, buffers, identities }: Message): Promise<void> {
    const data = (content.data ?? {}) as CommMessage["data"];
    const handled = context.run(
      { request: header, output: this.#last.output, identities, allowStdin: false, execution: 0 },
      () => this.#comms.handle(header.msg_type, content, { data, buffers, metadata }),
    );
    await handled;
    await this.#displays;
  }

  /** Runs a comm listener: what it prints, shows and throws stands in the cell that registered it. */
  async #runFor(owner: Context, listener: () => unknown): Promise<void> {
    const surroundings: Context = { ...owner, execution: 0, signal: undefined, request: this.#here().request };
    await context.run(surroundings, async () => {
      try {
        await listener();
      } catch (error) {
        this.#showError(error, surroundings.output);
      }
    });
  }

  async #complete(code: string, cursor: number): Promise<object> {
    const language = await this.#languageLoaded();
    const position = codeUnits(code, cursor);
    const { start, completions } = language.complete(code, position);
    const cursor_start = codePoints(code, start);
    const shown = completions.slice(0, 500);
    return {
      status: "ok",
      matches: shown.map(({ name }) => name),
      cursor_start,
      cursor_end: cursor,
      metadata: {
        _jupyter_types_experimental: shown.map(({ name, kind }) => ({
          start: cursor_start,
          end: cursor,
          text: name,
          type: kind,
        })),
      },
    };
  }

  async #inspect(code: string, cursor: number): Promise<object> {
    const language = await this.#languageLoaded();
    const found = language.inspect(code, codeUnits(code, cursor));
    if (!found) return { status: "ok", found: false, data: {}, metadata: {} };
    const { signature, documentation } = found;
    return {
      status: "ok",
      found: true,
      data: {
        "text/plain": [signature, documentation].filter(Boolean).join("\n\n"),
        "text/markdown": `\`\`\`typescript\n${signature}\n\`\`\`\n\n${documentation}`,
      },
      metadata: {},
    };
  }

  /** What `name?` shows in the front end's pager. */
  async #help(name: string): Promise<object[]> {
    const language = await this.#languageLoaded();
    const found = language.inspect(name, name.length - 1);
    const text = found ? [found.signature, found.documentation].filter(Boolean).join("\n\n") : `'${name}' is not known`;
    return [{ source: "page", data: { "text/plain": text }, start: 0 }];
  }

  #display(value: unknown, options: { id?: string; update?: boolean }): Promise<void> {
    const sent = this.#send(value, options);
    this.#shown.add(sent);
    return sent;
  }

  #send(value: unknown, { id, update = false }: { id?: string; update?: boolean }): Promise<void> {
    const { output } = this.#here();
    const publish = (data: object) =>
      this.#publish(
        update ? "update_display_data" : "display_data",
        { data, metadata: {}, transient: id === undefined ? {} : { display_id: id } },
        output,
      );
    const bundle = typeof value === "string" ? { "text/plain": value } : mimeBundle(value);
    if (!(bundle instanceof Promise) && this.#displaying === 0) {
      publish(bundle);
      return Promise.resolve();
    }
    this.#displaying++;
    this.#displays = this.#displays
      .then(async () => publish(await bundle))
      .finally(() => {
        this.#displaying--;
      });
    return this.#displays;
  }

  #input(prompt: string, password: boolean): Promise<string> {
    const { allowStdin, request, identities, signal } = this.#here();
    if (!allowStdin) {
      throw new SightlineError("not-supported", "this front end cannot ask for input", {
        expected: "a front end with a keyboard",
        next: "set the value in the cell",
      });
    }
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      const done = () => {
        this.#answers.delete(id);
        signal?.removeEventListener("abort", stopped);
      };
      const stopped = () => {
        done();
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", stopped);
      this.#answers.set(id, (value) => {
        done();
        resolve(value);
      });
      const content = JSON.stringify({ prompt, password });
      this.#transport.send("stdin", { type: "input_request", content, parent: request, identities, id });
    });
  }

  #offerApi(): void {
    const host: KernelHost = {
      comms: this.#comms,
      display: (value, options) => this.#display(value, options),
      clearOutput: (wait) => this.#publish("clear_output", { wait }, this.#here().output),
      input: (prompt, password) => this.#input(prompt, password),
      cellSignal: () => this.#here().signal,
    };
    setKernelHost(host);
    ambient.signal = host.cellSignal;
    useWidgetHost({
      open: (target, data, options) => new Comm(target, data, options),
      onComm: (target, listener) => void this.#comms.onComm(target, listener),
      cell: () => this.#here().cell,
      onCell: (listener) => void this.#cellListeners.add(listener),
      display: (value, options = {}) => this.#display(value, options),
    });
  }

  /** What is printed goes to the cell that prints. */
  #catchOutput(): void {
    for (const name of ["stdout", "stderr"] as const satisfies StreamName[]) {
      const decoder = new StringDecoder("utf8");
      const write = (
        chunk: string | Uint8Array,
        encoding?: BufferEncoding | ((error?: Error) => void),
        callback?: (error?: Error) => void,
      ): boolean => {
        const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
        const { output } = this.#here();
        if (text) this.#transport.write(output, name, text);
        const done = typeof encoding === "function" ? encoding : callback;
        if (done) process.nextTick(done);
        return true;
      };
      process[name].write = write;
    }
  }

  /** Errors in callbacks stand in the cell that started them; `process.exit` ends the cell, then the process. */
  #catchErrors(): void {
    process.on("uncaughtException", (error) => this.#showError(error, this.#here().output));
    process.on("unhandledRejection", (error) => this.#showError(error, this.#here().output));
    process.on("SIGINT", () => {
      if (this.#transport.signals.sigintsUnderway > 0) this.#transport.signals.sigintSeen();
      else this.#executor.interrupt();
    });
    process.on("SIGTERM", () => void this.#exit(0));
    process.exit = (code) => {
      const status = Number(code ?? process.exitCode ?? 0);
      if (this.#exiting) return realExit(status);
      const message = `process.exit(${code ?? ""}) was called: the kernel ends, and everything in it is lost`;
      const error = new SightlineError("kernel-failed", message, { next: "run the notebook again from its start" });
      this.#endCell(error, status);
      throw error;
    };
  }

  #endCell(error: Error, status: number): void {
    const { request, output, identities, execution } = this.#here();
    const failure = thrownFailure(error, this.#count, "");
    this.#publish("error", failure, output);
    if (execution !== 0 && this.#transport.signals.running === execution) {
      const content = JSON.stringify({ status: "error", execution_count: this.#count, ...failure });
      this.#transport.send("shell", { type: "execute_reply", content, parent: request, identities });
      this.#publish("status", { execution_state: "idle" }, request);
    }
    void this.#exit(status);
  }

  #showError(error: unknown, parent: Partial<Header>): void {
    if (this.#exiting) return;
    const failure: Failure = thrownFailure(error, 0, "");
    this.#publish("error", failure, parent);
  }

  async #exit(status: number): Promise<void> {
    if (this.#exiting) return;
    this.#exiting = true;
    this.#transport.exiting();
    await this.#transport.close();
    realExit(status);
  }
}

function kernelInfo(): object {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "sightline",
    implementation_version: version,
    banner: `Sightline ${version}: TypeScript on Node ${process.versions.node}`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
    language_info: {
      name: "typescript",
      version: typescriptVersion,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    debugger: false,
  };
}

const rawStderr = process.stderr.write.bind(process.stderr);

/** To the server's own log, not into a notebook. */
function log(text: string): void {
  rawStderr(`[sightline] ${text}\n`);
}

/** Jupyter counts a cursor in code points, JavaScript in code units. */
function codeUnits(text: string, points: number): number {
  return Array.from(text).slice(0, points).join("").length;
}

function codePoints(text: string, units: number): number {
  return Array.from(text.slice(0, units)).length;
}

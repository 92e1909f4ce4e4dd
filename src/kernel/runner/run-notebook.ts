import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { dirname, resolve } from "node:path";
import { files } from "#platform/files";
import { SightlineError, throwIfAborted } from "../../core/errors.js";
import {
  type Cell,
  type CodeCell,
  formatNotebook,
  type Notebook,
  type Output,
  readNotebook,
} from "../notebook-file.js";
import { KernelClient, type Received } from "./client.js";
import { OutputGatherer } from "./outputs.js";
import { WidgetRecorder } from "./widget-state.js";

export interface RunNotebookOptions {
  /** Longest time for one cell, in milliseconds; 600,000 by default. */
  timeout?: number;
  /** Values that override those of the cell tagged `parameters`. */
  parameters?: Readonly<Record<string, unknown>>;
  /** Command of the kernel, `{connection_file}` for its file; ours by default. */
  kernel?: readonly string[];
  /** Called before and after each code cell. */
  onCell?(progress: { index: number; count: number; cell: CodeCell; done: boolean; milliseconds: number }): void;
  signal?: AbortSignal;
  /** Goes on behind a cell that fails; one that takes too long is interrupted and gets an error `TimeLimit`. */
  allowErrors?: boolean;
  /** Environment of the kernel; that of this process by default. */
  environment?: NodeJS.ProcessEnv;
  /** Called when the kernel runs, with its process. */
  onStart?(process: ChildProcess): void;
  /**
   * Bytes of output that a cell may have, a message at most a quarter of it; all by default. Behind a cell that has more the
   * run ends, or with `allowErrors` the rest is left out and the cell gets an error `OutputLimit`.
   */
  mostOutput?: number;
  /** Keeps the state of widgets in the notebook; true by default. */
  widgets?: boolean;
  /** Where the executed notebook goes; back into its own file by default, nowhere with `false`. */
  out?: string | false;
}

const WIDGET_STATE = "application/vnd.jupyter.widget-state+json";

/**
 * Executes a notebook over the wire protocol and writes its outputs back, also those of a run that fails.
 * @throws SightlineError `notebook-failed` with the cell's own error; `bad-notebook`, `file-not-found`, `write-failed`
 */
export async function runNotebook(path: string, options: RunNotebookOptions = {}): Promise<Notebook> {
  const { timeout = 600_000, parameters, kernel, onCell, signal, out = path, allowErrors = false } = options;
  const { mostOutput = Number.POSITIVE_INFINITY, environment } = options;
  const read = await readNotebook(path);
  const notebook = { ...read, cells: withParameters(read.cells, parameters) };
  throwIfAborted(signal);
  const folder = dirname(resolve(path));
  const client = await KernelClient.start({ command: kernel, folder, environment, largestContent: mostOutput / 4 });
  options.onStart?.(client.process);
  const gatherer = new OutputGatherer();
  const widgets = new WidgetRecorder();
  client.listen((message) => {
    if (options.widgets === false) return;
    if (message.channel === "iopub" && message.header.msg_type.startsWith("comm_")) widgets.add(message);
  });
  const code = notebook.cells.filter(
    (cell): cell is CodeCell => cell.cell_type === "code" && cell.source.trim() !== "",
  );
  try {
    for (const cell of code) Object.assign(cell, { outputs: [], execution_count: null });
    for (const [index, cell] of code.entries()) {
      const started = performance.now();
      const tell = (done: boolean) =>
        onCell?.({ index, count: code.length, cell, done, milliseconds: performance.now() - started });
      tell(false);
      const place = `cell ${index + 1} of '${path}'`;
      await runCell(client, cell, gatherer, { timeout, signal, place, allowErrors, mostOutput });
      tell(true);
    }
    await foldHeld(client, widgets);
    return notebook;
  } finally {
    await client.shutdown();
    const metadata: Record<string, unknown> = { ...notebook.metadata };
    delete metadata.widgets;
    notebook.metadata = widgets.state ? { ...metadata, widgets: { [WIDGET_STATE]: widgets.state } } : metadata;
    if (out !== false) await files.writeFileAtomic(out, formatNotebook(notebook));
  }
}

/** Milliseconds that a widget has to hand over what it holds back. */
const HANDOVER = 60_000;

/** Has widgets that hold their answer back hand it over, folded: whoever opens the notebook has no kernel to ask. */
async function foldHeld(client: KernelClient, widgets: WidgetRecorder): Promise<void> {
  for (const id of widgets.held) {
    const folded = client.once(({ content }) => {
      const { state } = ((content.comm_id === id ? content.data : undefined) as { state?: { held?: unknown } }) ?? {};
      return state?.held === "page";
    }, HANDOVER);
    client.send("comm_msg", { comm_id: id, data: { method: "custom", content: { type: "fold" } } });
    await folded;
  }
}

interface CellLimits {
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** Which cell it is, for errors. */
  readonly place: string;
  readonly allowErrors: boolean;
  readonly mostOutput: number;
}

/** Milliseconds that an interrupted cell has to end. */
const GRACE = 5_000;

async function runCell(
  client: KernelClient,
  cell: CodeCell,
  gatherer: OutputGatherer,
  { timeout, signal, place, allowErrors, mostOutput }: CellLimits,
): Promise<void> {
  throwIfAborted(signal);
  const state = { clearNext: false };
  const stopped = withReject();
  let size = 0;
  const onOutput = (message: Received) => {
    const fitted = size <= mostOutput;
    size += message.size;
    if (size <= mostOutput && message.size <= mostOutput / 4) gatherer.add(cell.outputs, message, state);
    else if (fitted) {
      size = Number.POSITIVE_INFINITY;
      const error = new SightlineError("notebook-failed", `${place} put out more than ${mostOutput / 1e6} MB`);
      if (!allowErrors) stopped.reject(error);
      cell.outputs.push(errorOutput("OutputLimit", error.message));
    }
  };
  const running = client.execute(cell.source, { cellId: cell.id, onOutput });
  running.catch(() => {});
  const tooLong = () => {
    const error = new SightlineError("notebook-failed", `${place} took longer than ${timeout / 1_000} s`, {
      next: "raise the option timeout",
    });
    if (!allowErrors) return stopped.reject(error);
    cell.outputs.push(errorOutput("TimeLimit", error.message));
    void client.interrupt();
    late = setTimeout(() => stopped.reject(error), GRACE);
  };
  let late = setTimeout(tooLong, timeout);
  const abort = () => stopped.reject(new SightlineError("aborted", "the run was cancelled", { cause: signal!.reason }));
  signal?.addEventListener("abort", abort);
  try {
    const { content } = await Promise.race([running, stopped.promise]);
    cell.execution_count = typeof content.execution_count === "number" ? content.execution_count : null;
    if (content.status === "ok" || allowErrors || cell.metadata.tags?.includes("raises-exception")) return;
    throw new SightlineError("notebook-failed", `${place} failed: ${content.ename}: ${content.evalue}`, {
      received: content.traceback,
    });
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", abort);
  }
}

const errorOutput = (ename: string, evalue: string): Output => {
  return { output_type: "error", ename, evalue, traceback: [evalue] };
};

function withReject(): { promise: Promise<never>; reject(reason: unknown): void } {
  let reject!: (reason: unknown) => void;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}

const INJECTED = "injected-parameters";

/** Puts a cell with the given values behind the one tagged `parameters`, in place of an earlier such cell. */
function withParameters(cells: readonly Cell[], parameters: Readonly<Record<string, unknown>> = {}): Cell[] {
  const names = Object.keys(parameters);
  if (names.length === 0) return [...cells];
  const kept = cells.filter(({ metadata }) => !metadata.tags?.includes(INJECTED));
  const at = kept.findIndex(({ metadata }) => metadata.tags?.includes("parameters"));
  if (at < 0) {
    throw new SightlineError("bad-notebook", "the notebook takes no parameters", {
      received: names,
      expected: "a cell tagged `parameters`",
    });
  }
  const lines = names.map((name) => {
    const declared = new RegExp(`^\\s*(let|const|var)\\s+${escapeRegExp(name)}\\s*(:[^=]+)?=`, "m").exec(
      kept[at].source,
    );
    if (!declared) {
      throw new SightlineError("unknown-option", `the notebook has no parameter '${name}'`, {
        received: name,
        expected: "a name that the cell tagged `parameters` declares",
      });
    }
    return `${declared[1]} ${name}${(declared[2] ?? "").trimEnd()} = ${JSON.stringify(parameters[name])};`;
  });
  const injected: CodeCell = {
    cell_type: "code",
    id: randomBytes(4).toString("hex"),
    metadata: { tags: [INJECTED] },
    source: lines.join("\n"),
    execution_count: null,
    outputs: [],
  };
  return kept.toSpliced(at + 1, 0, injected);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

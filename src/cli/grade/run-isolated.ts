import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { files } from "#platform/files";
import type { ExerciseState } from "../../classroom/exercises/check-result.js";
import { CHECK_TYPE } from "../../core/display.js";
import { SightlineError } from "../../core/errors.js";
import * as z from "../../core/zod.js";
import { type CodeCell, formatNotebook, type Notebook, readNotebook } from "../../kernel/notebook-file.js";
import { runNotebook } from "../../kernel/runner/run-notebook.js";

export interface IsolationLimits {
  /** Seconds for one cell. */
  readonly timeout: number;
  /** Megabytes of resident memory. */
  readonly memory: number;
  /** Folder whose content the notebook finds beside itself: pictures, models. */
  readonly files?: string;
  readonly signal?: AbortSignal;
}

export interface GradedRun {
  readonly states: readonly ExerciseState[];
  /** What went wrong beside the exercises: cells that failed, a limit that was passed. */
  readonly notes: readonly string[];
}

const RESIDENT_INTERVAL_MS = 100;
/** Names of environment variables that a kernel needs; nothing else of ours reaches a pupil's code. */
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME", "SIGHTLINE_CACHE", "SystemRoot"];

const stateSchema = z.array(
  z.object({
    name: z.string().max(1_000),
    passed: z.boolean().nullable(),
    attempts: z.int().min(0),
    answer: z.string().max(1_000).nullable(),
    feedback: z.string().max(10_000),
  }),
);

/**
 * Runs a notebook in a folder of its own that is deleted afterwards, in a kernel without the environment of this process,
 * to its end whatever its cells do, and asks what became of its exercises. The code runs with the rights of whoever grades.
 */
export async function runIsolated(notebook: Notebook, limits: IsolationLimits): Promise<GradedRun> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-grade-"));
  const path = join(folder, `${randomUUID()}.ipynb`);
  const question: CodeCell = {
    cell_type: "code",
    id: randomUUID().slice(0, 8),
    metadata: {},
    source: `(await import("sightline/classroom")).exercises()`,
    execution_count: null,
    outputs: [],
  };
  const notes: string[] = [];
  try {
    if (limits.files) await cp(limits.files, folder, { recursive: true, filter: isNoNotebook });
    await files.writeFileAtomic(path, formatNotebook({ ...notebook, cells: [...notebook.cells, question] }));
    await using watch = new MemoryWatch(limits.memory);
    try {
      await runNotebook(path, {
        timeout: limits.timeout * 1_000,
        signal: limits.signal,
        allowErrors: true,
        environment: { ...passedOn(), HOME: folder, USERPROFILE: folder },
        onStart: ({ pid }) => pid !== undefined && watch.start(pid),
      });
    } catch (error) {
      if (!(error instanceof SightlineError) || error.code === "aborted") throw error;
      notes.push(watch.passed ? `the notebook took more than ${limits.memory} MB and was ended` : error.message);
    }
    const executed = await readNotebook(path);
    const code = executed.cells.filter((cell): cell is CodeCell => cell.cell_type === "code");
    notes.unshift(...code.flatMap((cell, i) => failures(cell, i + 1)));
    return { states: statesOf(code, question.id), notes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isNoNotebook = (path: string) => !/\.ipynb$|^\.ipynb_checkpoints$|^node_modules$/.test(basename(path));

function passedOn(): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

function failures({ outputs, metadata }: CodeCell, number: number): string[] {
  if (metadata.tags?.includes("raises-exception")) return [];
  const errors = outputs.filter((output) => output.output_type === "error");
  if (errors.some(({ ename }) => ename === "TimeLimit")) return [`code cell ${number}: took too long`];
  return errors.map(({ ename, evalue }) => `code cell ${number}: ${ename}: ${evalue}`);
}

/** What the last question said; where the notebook did not come that far, what its checks said on the way. */
function statesOf(code: readonly CodeCell[], question: string | undefined): readonly ExerciseState[] {
  const told = (cell: CodeCell) =>
    cell.outputs.flatMap((output) => {
      const value = "data" in output ? (output.data as Record<string, unknown>)[CHECK_TYPE] : undefined;
      const states = stateSchema.safeParse(value);
      return states.success ? states.data : [];
    });
  const last = code.find(({ id }) => id === question);
  const answered = last && told(last);
  if (answered && answered.length > 0) return answered;
  return [...new Map(code.flatMap(told).map((state) => [state.name, state])).values()];
}

/** Ends a process that takes more memory than it may. */
class MemoryWatch implements AsyncDisposable {
  passed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly megabytes: number) {}

  start(pid: number): void {
    this.#timer = setInterval(async () => {
      if ((await residentMegabytes(pid)) <= this.megabytes) return;
      this.passed = true;
      clearInterval(this.#timer);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it has ended by itself
      }
    }, RESIDENT_INTERVAL_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
  }
}

/** Resident memory of a process; 0 where it is gone or cannot be asked. */
async function residentMegabytes(pid: number): Promise<number> {
  try {
    if (process.platform === "linux") {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
    }
    const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
    return Number(stdout) / 1_024;
  } catch {
    return 0;
  }
}

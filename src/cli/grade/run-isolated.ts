import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { formatNotebook, type Notebook } from "../../kernel/notebook-file.js";
import { runNotebook } from "../../kernel/runner/run-notebook.js";
import { GradedCells, type GradedRun } from "./graded-cells.js";
import { ProcessWatch } from "./process-watch.js";

export interface IsolationLimits {
  /** Seconds for one cell. */
  readonly timeout: number;
  /** Megabytes of resident memory, of the kernel and of all that it starts. */
  readonly memory: number;
  /** Folder whose content the notebook finds beside itself: pictures, models. */
  readonly files?: string;
  readonly signal?: AbortSignal;
}

/** Bytes that a cell may put out. */
const MOST_OUTPUT = 64_000_000;
/** Names of environment variables that a kernel needs; nothing else of ours reaches a pupil's code. */
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME", "SIGHTLINE_CACHE", "SystemRoot"];

/**
 * Runs a notebook in a folder of its own that is deleted afterwards, in a kernel without the environment of this process,
 * to its end whatever its cells do, and asks what became of its exercises. The code runs with the rights of whoever grades.
 */
export async function runIsolated(notebook: Notebook, limits: IsolationLimits): Promise<GradedRun> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-grade-"));
  const path = join(folder, `${randomUUID()}.ipynb`);
  const graded = new GradedCells(notebook);
  try {
    if (limits.files) await cp(limits.files, folder, { recursive: true, filter: isNoNotebook });
    await files.writeFileAtomic(path, formatNotebook(graded.notebook));
    await using watch = new ProcessWatch(limits.memory);
    try {
      await runNotebook(path, {
        timeout: limits.timeout * 1_000,
        signal: limits.signal ? AbortSignal.any([limits.signal, graded.enough]) : graded.enough,
        allowErrors: true,
        mostOutput: MOST_OUTPUT,
        widgets: false,
        out: false,
        environment: { ...passedOn(), HOME: folder, USERPROFILE: folder },
        onStart: ({ pid }) => pid !== undefined && watch.start(pid),
        onCell: ({ index, cell, done }) => (done ? graded.end() : graded.begin(index, cell)),
      });
    } catch (error) {
      if (!(error instanceof SightlineError) || limits.signal?.aborted) throw error;
      graded.end();
      if (watch.passed) graded.note(`the notebook took more than ${limits.memory} MB and was ended`);
      else if (!graded.enough.aborted) graded.note(error.message.replaceAll(`'${path}'`, "the notebook"));
    }
    if (!watch.sees) graded.note("this system does not tell what the notebook took of memory: there was no limit");
    return graded.run;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const isNoNotebook = (path: string) => !/\.ipynb$|^\.ipynb_checkpoints$|^node_modules$/.test(basename(path));

function passedOn(): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

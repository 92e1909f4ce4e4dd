import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const INTERVAL_MS = 100;

interface Running {
  readonly parent: number;
  /** When it started, in the system's own words: another process of the same number has another. */
  readonly start: string;
}

/** Ends a process and all that it started when they take more memory than they may, and at the end what is left of them. */
export class ProcessWatch implements AsyncDisposable {
  /** Whether they took more than they may. */
  passed = false;
  /** Whether this system tells what its processes take. */
  sees = true;
  /** When each of them started, by its number. */
  readonly #family = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #ended = false;

  /** @param megabytes resident memory of all of them together */
  constructor(readonly megabytes: number) {}

  start(root: number): void {
    this.#looking = this.#begin(root);
  }

  /** Has a look now: what was started since the last one is known from here on. */
  async look(): Promise<void> {
    await this.#looking;
    this.#looking = this.#look();
    await this.#looking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.look();
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#endAll();
  }

  async #begin(root: number): Promise<void> {
    const first = (await runningProcesses()).get(root);
    this.sees = first !== undefined;
    if (first) this.#family.set(root, first.start);
    this.#again();
  }

  #again(): void {
    if (this.#ended || this.passed || !this.sees) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#again());
    }, INTERVAL_MS);
  }

  async #look(): Promise<void> {
    const running = await runningProcesses();
    for (const [pid, start] of this.#family) if (running.get(pid)?.start !== start) this.#family.delete(pid);
    for (let before = -1; before !== this.#family.size; ) {
      before = this.#family.size;
      for (const [pid, { parent, start }] of running) if (this.#family.has(parent)) this.#family.set(pid, start);
    }
    const taken = await Promise.all([...this.#family.keys()].map(residentMegabytes));
    if (taken.reduce((sum, megabytes) => sum + megabytes, 0) <= this.megabytes) return;
    this.passed = true;
    this.#endAll();
  }

  #endAll(): void {
    for (const pid of this.#family.keys()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it has ended by itself
      }
    }
  }
}

/** Every process of the system by its number; none where the system does not tell. */
async function runningProcesses(): Promise<Map<number, Running>> {
  const all = new Map<number, Running>();
  if (process.platform === "linux") {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
    for (const [i, stat] of stats.entries()) {
      // what stands in parentheses is the program's name, whatever it is
      const [, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (rest.length > 17) all.set(Number(pids[i]), { parent: Number(parent), start: rest[17] });
    }
    return all;
  }
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,lstart="]).catch(() => ({ stdout: "" }));
  for (const [, pid, parent, start] of stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(.+)$/gm)) {
    all.set(Number(pid), { parent: Number(parent), start });
  }
  return all;
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

import { spawnSync } from "node:child_process";
import { median } from "../../src/core/statistics.js";

export { median };

/** Milliseconds that a piece of work takes. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Two pieces of work in turn, A B A B …, after one uncounted round: medians in milliseconds, and the median of the
 * ratios A / B pair by pair, which holds when the machine's speed drifts.
 */
export async function paired(
  a: () => unknown,
  b: () => unknown,
  rounds: number,
): Promise<{ a: number; b: number; ratio: number; low: number; high: number }> {
  await a();
  await b();
  const pairs: [number, number][] = [];
  for (let i = 0; i < rounds; i++) pairs.push([await timed(a), await timed(b)]);
  const ratios = pairs.map(([x, y]) => x / y);
  return {
    a: median(pairs.map(([x]) => x)),
    b: median(pairs.map(([, y]) => y)),
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
  };
}

/** MiB that a process of its own holds at most while it runs a module (Linux): not maxRSS, which begins with that of its parent. */
export function peakMemory(code: string): number {
  const script = `${code}
    const { readFileSync } = await import("node:fs");
    console.log(/VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1] / 1024);`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return Number(stdout);
}

/** Prints rows as a Markdown table: columns of whole numbers as such, others to hundredths. */
export function printTable(rows: readonly Readonly<Record<string, string | number>>[]): void {
  const keys = Object.keys(rows[0] ?? {});
  const whole = new Set(keys.filter((key) => rows.every((row) => Number.isInteger(row[key]))));
  const text = (row: (typeof rows)[number], key: string) => {
    const value = row[key];
    return typeof value === "number" ? value.toFixed(whole.has(key) ? 0 : 2) : value;
  };
  console.log(`| ${keys.join(" | ")} |`);
  console.log(`| ${keys.map(() => "---").join(" | ")} |`);
  for (const row of rows) console.log(`| ${keys.map((key) => text(row, key)).join(" | ")} |`);
}

import { spawnSync } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { repeatBatch } from "../../src/core/tensor.js";
import { explain } from "../../src/explain/explain.js";
import { loadModel } from "../../src/load-model.js";
import { median, paired, peakMemory, printTable, timed } from "./measure.js";

/**
 * What the methods cost beside bare passes of the same session, preprocessing apart; `--rounds=` repeats rise with 1,000 masks
 * another number of times.
 */
export async function bench(words: readonly string[] = []): Promise<void> {
  const rounds = Number(words.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 5);
  await using model = await loadModel("efficientnet-lite0");
  const prepared = await model.prepare("notebooks/images/camera.png");
  const { tensor } = prepared;
  const batch = await model.batchSize();
  const many = repeatBatch(tensor, batch);
  const rows: Record<string, string | number>[] = [];
  const row = (what: string, goal: string, { a, b, ratio, low, high }: Awaited<ReturnType<typeof paired>>) =>
    rows.push({
      what,
      "ours (ms)": a,
      "bare passes (ms)": b,
      ratio,
      "lowest and highest": `${low.toFixed(2)} … ${high.toFixed(2)}`,
      goal,
    });

  for (const method of ["recipro-cam", "activation-map"] as const) {
    const ours = () => explain(model, prepared, { method });
    row(`${method} / one forward pass`, "≤ 1.3", await paired(ours, () => model.run(tensor), 120));
  }
  const masks = 1000;
  const bare = async () => {
    let last: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < masks; done += batch) {
      const next = model.run(done + batch <= masks ? many : repeatBatch(tensor, masks - done));
      await last;
      last = next;
    }
    await last;
  };
  const ours = () => explain(model, prepared, { method: "rise", masks, cells: 8 });
  row(`rise, ${masks} masks / as many passes, batch ${batch}`, "≤ 1.05", await paired(ours, bare, rounds));
  printTable(rows);

  const pauses: Record<string, string | number>[] = [];
  for (const method of ["recipro-cam", "activation-map", "occlusion", "rise"] as const) {
    const run = () => explain(model, prepared, { method, preset: "speed" });
    await run();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await run();
    delay.disable();
    pauses.push({ what: `longest pause of the main thread, ${method} (ms)`, measured: delay.max / 1e6, goal: "< 50" });
  }

  const script = (code: string) => ["--input-type=module", "-e", code];
  const importing = [];
  for (let i = 0; i < 7; i++) {
    const empty = await timed(() => spawnSync(process.execPath, script("")));
    importing.push((await timed(() => spawnSync(process.execPath, script('await import("sightline")')))) - empty);
  }
  const peak = peakMemory(`import { explain, loadModel } from "sightline";
      const model = await loadModel("efficientnet-lite0");
      await explain(model, "notebooks/images/camera.png", { method: "rise", preset: "speed" });`);
  console.log();
  printTable([
    ...pauses,
    { what: "importing the package (ms, start of Node apart)", measured: median(importing), goal: "< 500" },
    {
      what: "peak memory of a process that runs rise with 1,000 masks (MiB)",
      measured: peak,
      goal: "< 1,024",
    },
  ]);
}

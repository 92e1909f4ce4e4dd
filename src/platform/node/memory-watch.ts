/** A thread that ends its process when that takes more memory than it may, or when whoever started it is gone. */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { OUT_OF_MEMORY } from "./thread-state.js";

const INTERVAL_MS = 20;
const STDERR = 2;

const allowed = new Float64Array(workerData as SharedArrayBuffer);
const parent = process.ppid;
setInterval(() => {
  const tooMuch = process.memoryUsage.rss() > allowed[0];
  if (tooMuch) writeSync(STDERR, `${OUT_OF_MEMORY}\n`);
  if (tooMuch || process.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, INTERVAL_MS);

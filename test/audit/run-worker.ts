// A process of its own that takes shards from a queue, one line for each: node run-worker.js REDIS SECONDS [SHARDS [PICTURES]]
import { workOnAudits } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";

const [queue, stalledAfter, shards, pictures] = process.argv.slice(2);
const { url, options } = classroom.models.honest;
await using model = await loadModel(url, { ...options, threads: 1 });
const controller = new AbortController();
process.once("SIGTERM", () => controller.abort());
await workOnAudits(model, {
  queue,
  shards,
  pictures,
  stalledAfter: Number(stalledAfter),
  signal: controller.signal,
  onEvent: (event) => console.log(JSON.stringify(event)),
});

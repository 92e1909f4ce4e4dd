// A process of its own that audits and prints its memory as it goes: node run-audit-memory.js PICTURES OUT
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";

const [source, out] = process.argv.slice(2);
const { url, options } = classroom.models.honest;
await using model = await loadModel(url, { ...options, threads: 1 });
await audit(model, source, {
  out,
  method: "recipro-cam",
  shortcuts: false,
  onProgress: ({ done }) => {
    if (done % 20 === 0) console.log(JSON.stringify(process.memoryUsage()));
  },
});

// A process of its own that audits, to be killed at any moment: node run-audit.js PICTURES OUT [QUEUE]
import { audit } from "../../src/audit/index.js";
import { classroom } from "../../src/classroom/index.js";
import { loadModel } from "../../src/load-model.js";

const [source, out, queue] = process.argv.slice(2);
const { url, options } = classroom.models.honest;
await using model = await loadModel(url, { ...options, threads: 1 });
await audit(model, source, { out, method: "recipro-cam", shortcuts: false, queue });

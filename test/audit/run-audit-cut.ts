// A process of its own that audits until the power is cut: when its n-th file would take its place, that file is torn and
// the process dies. node run-audit-cut.js PICTURES OUT N
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [source, out, count] = process.argv.slice(2);
const rename = fs.promises.rename;
let left = Number(count);
fs.promises.rename = async (from, to) => {
  if (--left > 0) return rename(from, to);
  fs.truncateSync(from, Math.floor(fs.statSync(from).size / 2));
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
};
syncBuiltinESMExports();

const [{ audit }, { classroom }, { loadModel }] = await Promise.all([
  import("../../src/audit/index.js"),
  import("../../src/classroom/index.js"),
  import("../../src/load-model.js"),
]);
const { url, options } = classroom.models.honest;
await using model = await loadModel(url, { ...options, threads: 1 });
await audit(model, source, { out, method: "recipro-cam", shortcuts: false });

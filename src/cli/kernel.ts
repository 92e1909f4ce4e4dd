import { parseArgs } from "node:util";
import { startKernel } from "../kernel/node/start-kernel.js";
import { readConnection } from "../kernel/zeromq/connection.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "type-errors": { type: "string", default: process.env.SIGHTLINE_TYPE_ERRORS ?? "error" } },
});
const typeErrors = values["type-errors"];
if (positionals.length !== 1 || (typeErrors !== "error" && typeErrors !== "warn" && typeErrors !== "off")) {
  process.stderr.write("usage: kernel.js CONNECTION_FILE [--type-errors error|warn|off]\n");
  process.exit(2);
}
const kernel = await startKernel(await readConnection(positionals[0]), { folder: process.cwd(), typeErrors });
setTimeout(async () => {
  await kernel.warmUp();
  await import("../widgets/progress-panel.js");
}, 50);

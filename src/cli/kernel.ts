import { parseArgs } from "node:util";
import { readConnection } from "../kernel/connection.js";
import { Kernel } from "../kernel/kernel.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "type-errors": { type: "string", default: process.env.SIGHTLINE_TYPE_ERRORS ?? "error" } },
});
const typeErrors = values["type-errors"];
if (positionals.length !== 1 || (typeErrors !== "error" && typeErrors !== "warn" && typeErrors !== "off")) {
  process.stderr.write("usage: kernel.js CONNECTION_FILE [--type-errors error|warn|off]\n");
  process.exit(2);
}
const kernel = new Kernel(await readConnection(positionals[0]), { folder: process.cwd(), typeErrors });
await kernel.start();
setTimeout(async () => {
  await kernel.warmUp();
  await import("../widgets/progress-panel.js");
}, 50);

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { readConnection } from "./connection.js";
import { Kernel } from "./kernel.js";

// The compiler's heap hardly changes, so V8 would leave it so little room that every few megabytes of comm buffers begin a
// collection of all of it.
setFlagsFromString("--heap-growing-percent=100");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "type-errors": { type: "string", default: process.env.SIGHTLINE_TYPE_ERRORS ?? "error" } },
});
const typeErrors = values["type-errors"];
if (positionals.length !== 1 || (typeErrors !== "error" && typeErrors !== "warn" && typeErrors !== "off")) {
  process.stderr.write("usage: main.js CONNECTION_FILE [--type-errors error|warn|off]\n");
  process.exit(2);
}
const kernel = new Kernel(await readConnection(positionals[0]), { folder: process.cwd(), typeErrors });
await kernel.start();
setTimeout(() => void kernel.warmUp(), 50);

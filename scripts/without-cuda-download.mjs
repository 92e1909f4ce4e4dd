// Runs before the install steps of all packages (npm's order). onnxruntime-node's own step downloads 300 MB of CUDA
// libraries on Linux x64 and fails the whole install where their server cannot be reached; Sightline runs without them.
// Who wants them says so as onnxruntime-node documents, and is left alone.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const asked = Object.keys(process.env).some((name) => /^(npm_config_)?onnxruntime_node_install/i.test(name));
if (!asked) {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
    const file = join(folder, "script", "install-metadata.js");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("'linux/x64': ['cuda12']", "'linux/x64': []"));
  } catch {
    // not there yet (a checkout's own install), or it no longer downloads anything
  }
}

// npm run coverage [NAME …]: which networks work. Makes those of test/fixtures/coverage/architectures.json by torch (PEER_PYTHON), examines
// each in a process of its own, and writes docs/coverage.md with the rows beside it (test/fixtures/coverage/rows.json).
//   PEER_PYTHON=python npm run coverage                      what has no row yet; an interrupted run goes on
//   PEER_PYTHON=python npm run coverage -- --again           all of them
//   PEER_PYTHON=python npm run coverage -- --again vgg11_bn  these again
//   npm run coverage -- --page                               the page from the rows, without torch
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareBuild, root } from "./setup.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    again: { type: "boolean" },
    page: { type: "boolean" },
    keep: { type: "boolean" },
    cache: { type: "string", default: join(root, "reports/coverage") },
  },
});
await prepareBuild();
const { cover } = await import("../dist/test/bench/coverage/cover.js");
const architectures = JSON.parse(readFileSync(join(root, "test/fixtures/coverage/architectures.json"), "utf8"));
const unknown = positionals.filter((name) => !architectures.some((architecture) => architecture.name === name));
if (unknown.length > 0)
  stop(`unknown network ${unknown.join(", ")}: test/fixtures/coverage/architectures.json has them`);
const python = process.env.PEER_PYTHON;
if (!values.page && !python) stop("set PEER_PYTHON to a Python with torch, timm and onnx");
await cover(architectures, {
  ...{ python: values.page ? undefined : python, only: positionals, again: values.again, keep: values.keep },
  ...{
    cache: values.cache,
    rows: join(root, "test/fixtures/coverage/rows.json"),
    page: join(root, "docs/coverage.md"),
  },
  say: (line) => console.log(line),
});

function stop(reason) {
  console.error(reason);
  process.exit(1);
}

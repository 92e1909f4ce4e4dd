// npm run architecture [-- CHECKOUT]: counts what docs/architecture.md promises, of this checkout or of another one.
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const { cyclesOf, edgesOf, readSources, roomOf } = await import("../dist/test/support/source-tree.js");

const files = readSources(process.argv[2] ?? here);
const written = files.filter(({ generated }) => !generated);
const functions = written.flatMap((file) => file.functions);
const rooms = new Set(files.map(({ path }) => roomOf(path)));
const arrows = new Set(edgesOf(files).map(({ from, to }) => `${from} ${to}`));
const back = [...arrows].filter((arrow) => arrows.has(arrow.split(" ").reverse().join(" "))).length / 2;
const cycles = cyclesOf(files);
const native = /^(node:|sharp$|onnxruntime-node|zeromq$)/;
const node = written.filter(({ imports }) => imports.some(({ specifier }) => native.test(specifier)));
const nodeRooms = new Set(node.map(({ path }) => roomOf(path)));

const counts = {
  "TypeScript files": files.length,
  "folders of src/ and widgets/src": [...rooms].filter((room) => !room.endsWith(".ts")).length,
  "loose files in src/": [...rooms].filter((room) => room.endsWith(".ts")).length,
  "arrows between them": arrows.size,
  "pairs that point at each other": back,
  "circles of files": cycles.length,
  "files in circles": cycles.flat().length,
  "files over 400 lines": written.filter(({ lines }) => lines > 400).length,
  "functions over 60 lines": functions.filter(({ lines }) => lines > 60).length,
  "functions over 80 lines": functions.filter(({ lines }) => lines > 80).length,
  "files that import node:*, sharp or a runtime": node.length,
  "folders and loose files they are in": nodeRooms.size,
};
const width = Math.max(...Object.keys(counts).map((title) => title.length));
for (const [title, count] of Object.entries(counts)) console.log(title.padEnd(width), String(count).padStart(4));

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cyclesOf, edgesOf, readSources, roomOf } from "./support/source-tree.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${root}docs/architecture.md`, "utf8");
const files = readSources(root);

/** The rows of the table below a heading, without backticks. */
function table(heading: string): string[][] {
  const [, section] = page.split(`\n## ${heading}\n`);
  assert.ok(section, `docs/architecture.md has a section '${heading}'`);
  const rows = section
    .split("\n## ")[0]
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, -1).split("|"))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
  assert.ok(rows.length > 2, `the section '${heading}' has a table`);
  return rows.slice(2);
}

const list = (cell: string) => cell.split(", ").filter(Boolean);

interface Room {
  readonly name: string;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const rooms: Room[] = table("The rooms").map(([name, , imports, packages]) => ({
  name,
  imports: list(imports),
  packages: list(packages),
}));
const placedParts = table("Parts that know where they run").map(([part, , packages]) => ({
  part,
  packages: list(packages),
}));
const NODE_PLATFORM = "src/platform/node/";

/** Packages, and `node:*`, that run in one place alone. */
const placed = new Set(placedParts.flatMap(({ packages }) => packages));

/** Doors are files: `src/index.ts` is the room `index`. */
const named = (room: string) => room.replace(/\.ts$/, "");

/** Fails with every offender, one a line. */
function none(offenders: readonly string[], what: string): void {
  assert.ok(offenders.length === 0, `${what}:\n  ${offenders.join("\n  ")}`);
}

test("every folder and loose file of src/ is a room of the table, and every room is there", () => {
  const found = new Set(files.map(({ path }) => named(roomOf(path))));
  assert.deepEqual([...found].sort(), rooms.map(({ name }) => name).sort());
});

test("the drawing shows the rooms of the table, and each may import only what lies below it", () => {
  const drawing = /```text\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const names = new Set(rooms.map(({ name }) => name));
  const floors = drawing
    .trim()
    .split("\n")
    .map((line) => {
      const words = line.split(/\s+/);
      const stranger = words.findIndex((word) => !names.has(word) && word !== "⇄");
      return (stranger < 0 ? words : words.slice(0, stranger)).filter((word) => names.has(word));
    });
  assert.deepEqual(floors.flat().sort(), [...names].sort());
  const floorOf = new Map(floors.reverse().flatMap((floor, height) => floor.map((name) => [name, height] as const)));
  for (const { name, imports } of rooms) {
    for (const below of imports) {
      assert.ok(names.has(below), `${name} may import ${below}, which is no room`);
      const browserHalf = name === "widgets/src" && below === "widgets";
      assert.ok(floorOf.get(below)! < floorOf.get(name)! || browserHalf, `${name} may import ${below} above it`);
    }
  }
});

test("imports cross between rooms only where the table allows it", () => {
  const allowed = new Map(rooms.map(({ name, imports }) => [name, new Set(imports)]));
  none(
    edgesOf(files)
      .filter(({ from, to }) => !allowed.get(named(from))?.has(named(to)))
      .map(({ path, line, target }) => `${path}:${line} → ${target}`),
    "the table of docs/architecture.md does not allow these imports",
  );
});

test("the tables allow nothing that is not used", () => {
  const edges = edgesOf(files);
  const crossed = new Set(edges.map(({ from, to }) => `${named(from)} → ${named(to)}`));
  const packagesBelow = (part: string) =>
    new Set(
      files
        .filter(({ path }) => path.startsWith(`${part}/`) || path.startsWith(`${part}.`))
        .flatMap(({ imports }) => imports.map((mention) => mention.package)),
    );
  none(
    [
      ...rooms
        .flatMap(({ name, imports }) => imports.map((below) => `${name} → ${below}`))
        .filter((edge) => !crossed.has(edge)),
      ...[...rooms.map(({ name, packages }) => ({ part: name, packages })), ...placedParts].flatMap(
        ({ part, packages }) => {
          const used = packagesBelow(part === "widgets/src" ? part : `src/${part}`);
          return packages.filter((name) => !used.has(name)).map((name) => `${part}: ${name}`);
        },
      ),
    ],
    "docs/architecture.md allows these, which no file needs",
  );
});

test("no files import each other in a circle, types included", () => {
  none(
    cyclesOf(files).map((cycle) => cycle.join(" ⇄ ")),
    "these files import each other",
  );
});

test("what comes from outside comes in where the tables say so", () => {
  const outside = files.flatMap(({ path, imports }) => {
    const room = rooms.find(({ name }) => name === named(roomOf(path)));
    const part = placedParts.find(({ part }) => path === `src/${part}` || path.startsWith(`src/${part}/`));
    const taken = new Set([...(room?.packages ?? []), ...(part?.packages ?? [])]);
    const strange = imports.filter(({ package: name }) => name !== undefined && !taken.has(name));
    return [...new Map(strange.map((mention) => [mention.specifier, { path, ...mention }])).values()];
  });
  const say = ({ path, line, specifier }: (typeof outside)[number]) => `${path}:${line} imports ${specifier}`;
  const isPlaced = (mention: (typeof outside)[number]) => placed.has(mention.package!);
  none(outside.filter((mention) => !isPlaced(mention)).map(say), "the table of rooms does not name these packages");
  none(outside.filter(isPlaced).map(say), "only the parts that know where they run may import these");
});

test("the platform is asked by its name, #platform/…, so that a condition can choose another one", () => {
  const names = files.flatMap(({ path, imports }) => imports.map((mention) => ({ path, ...mention })));
  none(
    names
      .filter(({ specifier, targets }) => specifier.startsWith("#") && targets.length === 0)
      .map(({ path, line, specifier }) => `${path}:${line} ${specifier}`),
    "package.json has no file for these names",
  );
  none(
    names
      .filter(({ path, specifier }) => roomOf(path) !== "platform" && !specifier.startsWith("#"))
      .filter(({ targets }) => targets.some((target) => target.startsWith(NODE_PLATFORM)))
      .map(({ path, line, specifier }) => `${path}:${line} ${specifier}`),
    "these name Node's half directly",
  );
});

test("nothing that the browser's half runs needs Node or the kernel's half of a widget", () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set(files.map(({ path }) => path).filter((path) => roomOf(path) === "widgets/src"));
  for (const path of reached) {
    for (const { typeOnly, targets } of byPath.get(path)?.imports ?? []) {
      const browser = targets.filter((target) => byPath.has(target) && !target.startsWith(NODE_PLATFORM));
      for (const target of typeOnly ? [] : browser) reached.add(target);
    }
  }
  none(
    [...reached].flatMap((path) =>
      byPath
        .get(path)!
        .imports.filter(({ typeOnly, package: name }) => !typeOnly && placed.has(name ?? ""))
        .map(({ line, specifier }) => `${path}:${line} imports ${specifier}`),
    ),
    "these would be in the browser's bundle",
  );
});

test("no file is longer than 400 lines, no function longer than 80", () => {
  const written = files.filter(({ generated }) => !generated);
  none(
    written.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines} lines`),
    "these files are too long",
  );
  none(
    written.flatMap(({ path, functions }) =>
      functions
        .filter(({ lines }) => lines > 80)
        .map(({ name, line, lines }) => `${path}:${line} ${name}: ${lines} lines`),
    ),
    "these functions are too long",
  );
});

test("the doors are those of package.json, and only the command line and the browser edition walk through one", () => {
  const { name, exports, bin } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const source = (compiled: string) => compiled.replace(/^(?:\.\/)?dist\/(.*)\.js$/, "$1.ts");
  const open = Object.entries(exports as Record<string, { default?: string }>)
    .filter(([, { default: file }]) => file)
    .map(([key, { default: file }]) => [key.replace(".", name), source(file!)]);
  open.push([`the command ${Object.keys(bin)[0]}`, source(Object.values(bin as Record<string, string>)[0])]);
  assert.deepEqual(table("Doors"), open);
  const loose = new Set(files.map(({ path }) => path).filter((path) => path.split("/").length === 2));
  none(
    edgesOf(files)
      .filter(({ target, from }) => loose.has(target) && !["cli", "browser", "index.ts"].includes(from))
      .map(({ path, line, target }) => `${path}:${line} → ${target}`),
    "these imports go through a door",
  );
});

test("the way of a picture names functions that are there", () => {
  const steps = table("The way of a picture");
  assert.deepEqual(
    steps.map(([step]) => Number(step)),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  for (const [, , symbol, path] of steps) {
    const file = files.find((candidate) => candidate.path === path);
    assert.ok(file, `docs/architecture.md names ${path}, which is not there`);
    assert.ok(file.names.has(symbol), `docs/architecture.md looks for ${symbol} in ${path}, where it is not`);
  }
});

test("what the page says to be somewhere is there", () => {
  const section = page.split("\n## Where things live\n")[1];
  const paths = [...section.matchAll(/`((?:src|test|widgets|docs)\/[^`]*)`/g)].map(([, path]) => path);
  assert.ok(paths.length > 10);
  none(
    paths.filter((path) => !existsSync(`${root}${path}`)),
    "docs/architecture.md names these",
  );
});

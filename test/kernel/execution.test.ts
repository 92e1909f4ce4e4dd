import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Received } from "../../src/kernel/runner/client.js";
import { kernelForSuite, ofType, type Ran, run } from "../support/kernel.js";

describe("cells", () => {
  const suite = kernelForSuite();
  const cell = (code: string) => run(suite.client, code);
  const file = (name: string, text: string) => {
    mkdirSync(join(suite.folder, name, ".."), { recursive: true });
    writeFileSync(join(suite.folder, name), text);
  };
  const fails = (ran: Ran, pattern: RegExp) => {
    assert.equal(ran.reply.status, "error");
    assert.match(String(ran.reply.evalue), pattern);
  };

  test("show their last expression and number themselves", async () => {
    const first = await cell("1 + 1");
    const second = await cell("const two = 2; two * 3");
    assert.equal(first.result, "2");
    assert.equal(second.result, "6");
    assert.equal(second.reply.execution_count, Number(first.reply.execution_count) + 1);
  });

  test("a statement and an undefined value show nothing", async () => {
    assert.equal((await cell("if (true) { 5; }")).data, undefined);
    assert.equal((await cell("undefined")).data, undefined);
    assert.equal((await cell("null")).result, "null");
  });

  test("see the declarations of earlier cells with their types", async () => {
    await cell("interface Point { x: number; y: number }\nconst origin: Point = { x: 0, y: 0 };");
    await cell(
      "class Circle { constructor(readonly centre: Point, public r: number) {} area() { return this.r * 2; } }",
    );
    await cell("enum Side { Left, Right }\nnamespace Tools { export const half = (n: number) => n / 2; }");
    await cell("function twice<T>(value: T): [T, T] { return [value, value]; }");
    const ran = await cell(
      "const c: Circle = new Circle(origin, 3); const p: Point = c.centre; [c.area(), Side.Right, Tools.half(5), twice(p.x)]",
    );
    assert.equal(ran.result, "[ 6, 1, 2.5, [ 0, 0 ] ]");
    fails(await cell("twice(1)[0].toUpperCase()"), /TS2339/);
  });

  test("may declare a constant again, with another type, for functions of earlier cells too", async () => {
    await cell("const size = 1; function read() { return size; }");
    await cell("const size = 2;");
    assert.equal((await cell("read()")).result, "2");
    await cell("const size = 'large';");
    assert.equal((await cell("size.length")).result, "5");
  });

  test("assign to variables of earlier cells but not to their constants", async () => {
    await cell("let total = 1; var other = 2; const fixed = 3;");
    assert.equal((await cell("total += other; other++; total")).result, "3");
    fails(await cell("fixed = 4"), /TS2632: Cannot assign to 'fixed' because it is a constant/);
  });

  test("keep what they declared before they threw, and only that", async () => {
    await cell("const late = 'old';");
    const ran = await cell(
      "const early = 7; function hoisted() { return early; }\nif (early) throw new Error('stop');\nconst late = 8;",
    );
    fails(ran, /^stop$/);
    assert.equal((await cell("[early, hoisted(), late.toUpperCase()]")).result, "[ 7, 7, 'OLD' ]");
  });

  test("destructure, with defaults, rests and computed keys", async () => {
    await cell(
      "const { a, b: { c = 5 } = {} as { c?: number }, ['d' + 'e']: de, ...others } = { a: 1, de: 3, f: 6 } as any;",
    );
    await cell("const [first, , third = 9, ...tail] = [1, 2, undefined, 4, 5];");
    assert.equal(
      (await cell("[a, c, de, others, first, third, tail]")).result,
      "[ 1, 5, 3, { f: 6 }, 1, 9, [ 4, 5 ] ]",
    );
  });

  test("loops, closures and names of variables behave as in a module", async () => {
    const ran = await cell(`
      for (var i = 0, seen: number[] = []; i < 3; i++) { var last = i; seen.push(i); }
      const later: (() => number)[] = [];
      for (let k = 0; k < 3; k++) later.push(() => k);
      for (var key in { x: 1 }) {}
      const named = () => {};
      [i, last!, seen, later.map((f) => f()), key!, named.name, typeof this];
    `);
    assert.equal(ran.result, "[ 3, 2, [ 0, 1, 2 ], [ 0, 1, 2 ], 'x', 'named', 'undefined' ]");
  });

  test("await at the top level, also in a loop", async () => {
    assert.equal(
      (await cell("let sum = 0; for await (const n of (async function* () { yield 1; yield 2; })()) sum += n; sum"))
        .result,
      "3",
    );
  });

  test("dispose what `using` holds at the end of the cell", async () => {
    const ran = await cell(`
      using lock = { [Symbol.dispose]() { console.log("released"); } };
      await using file = { async [Symbol.asyncDispose]() { console.log("closed"); } };
      console.log("held"); const kept = 1;`);
    assert.equal(ran.stdout, "held\nclosed\nreleased\n");
    assert.equal((await cell("kept")).result, "1");
    fails(await cell("lock"), /TS2304/);
  });

  test("type errors are errors with code, message, line and a caret, and nothing runs", async () => {
    const ran = await cell('console.log("ran");\nconst wrong: number = "text";');
    assert.equal(ran.stdout, "");
    fails(ran, /TS2322: Type 'string' is not assignable to type 'number'\. \(Cell \[\d+\], line 2\)/);
    const [{ traceback }] = ofType(ran, "error") as [{ traceback: string[] }];
    assert.match(plain(traceback[0]), /Cell \[\d+\]:2:7 - error TS2322:.*\n\n +2 \| const wrong.*\n +\| {7}\^{5}$/);
  });

  test("a cell that begins with @ts-nocheck runs in spite of type errors", async () => {
    assert.equal((await cell('// @ts-nocheck\nconst n: number = "text"; n')).result, "'text'");
  });

  test("syntax errors point to their place, also at the end of the cell", async () => {
    fails(await cell("const = 3"), /TS1134/);
    fails(await cell("const open = `abc"), /TS1160/);
  });

  test("tracebacks point to cell and line", async () => {
    const thrower = await cell(
      "interface Gone { a: 1 }\n\nfunction thrower(): never {\n  throw new RangeError('too far');\n}",
    );
    const ran = await cell("\nthrower();");
    const [{ ename, traceback }] = ofType(ran, "error") as [{ ename: string; traceback: string[] }];
    const text = plain(traceback.join("\n"));
    assert.equal(ename, "RangeError");
    assert.match(text, new RegExp(`at thrower \\(Cell \\[${thrower.reply.execution_count}\\]:4:9\\)`));
    assert.match(text, new RegExp(`at Cell \\[${ran.reply.execution_count}\\]:2:\\d+`));
    assert.match(text, /→ +2 \| thrower\(\);/);
    assert.doesNotMatch(text, /node:|kernel\//);
  });

  test("`error.stack` in the cell has the same positions", async () => {
    assert.match((await cell("type A = 1;\n\nnew Error('x').stack!.split('\\n')[1]")).result!, /Cell \[\d+\]:3:1/);
  });

  test("throw anything, causes included", async () => {
    fails(await cell("throw 'a string'"), /a string/);
    const ran = await cell("throw new Error('outer', { cause: new TypeError('inner') })");
    assert.match(plain((ran.reply.traceback as string[]).join("\n")), /Caused by TypeError: inner/);
  });

  test("errors in callbacks and rejections stand in the cell that started them", async () => {
    const late: Received[] = [];
    const stop = suite.client.listen((message) => {
      if (message.header.msg_type === "error") late.push(message);
    });
    const starter = await cell(
      "setTimeout(() => { throw new Error('from a timer'); }, 20); void Promise.reject(new Error('rejected')); 0",
    );
    const parent = starter.outputs[0].parentHeader.msg_id;
    const mine = () => late.filter(({ parentHeader }) => parentHeader.msg_id === parent);
    while (mine().length < 2) {
      assert.ok(await suite.client.once(({ header }) => header.msg_type === "error", 30_000), "the error came");
    }
    stop();
    assert.deepEqual(
      mine()
        .map(({ content }) => content.evalue)
        .sort(),
      ["from a timer", "rejected"],
    );
    assert.equal((await cell("'alive'")).result, "'alive'");
  });

  test("import built-ins, whole, by name and by default", async () => {
    const ran = await cell(
      'import { basename } from "node:path"; import * as os from "os"; import fs from "fs";\n' +
        "[basename('/a/b'), typeof os.cpus, typeof fs.readFileSync]",
    );
    assert.equal(ran.result, "[ 'b', 'function', 'function' ]");
    assert.equal((await cell("basename('/c/d')")).result, "'d'");
  });

  test("import packages of the notebook's folder: ESM only, exports maps, sub-paths, CommonJS, top-level await", async () => {
    const json = (value: object) => JSON.stringify(value);
    file(
      "node_modules/modern/package.json",
      json({
        type: "module",
        exports: { ".": { types: "./m.d.ts", import: "./m.js" }, "./sub": { types: "./s.d.ts", default: "./s.js" } },
      }),
    );
    file("node_modules/modern/m.js", "export const value = await Promise.resolve(41);");
    file("node_modules/modern/m.d.ts", "export declare const value: number;");
    file("node_modules/modern/s.js", "export default class Deep {}; export const name = 'sub';");
    file("node_modules/modern/s.d.ts", "export default class Deep {} export declare const name: string;");
    file("node_modules/classic/package.json", json({ main: "main.js" }));
    file("node_modules/classic/main.js", "const it = {}; it['hidden' + ''] = 5; module.exports = it;");
    const ran = await cell(
      'import { value } from "modern"; import Deep, { name } from "modern/sub"; import { hidden } from "classic";\n' +
        "[value + 1, name, Deep.name, hidden]",
    );
    assert.equal(ran.result, "[ 42, 'sub', 'Deep', 5 ]");
    fails(await cell('import { value } from "modern"; value.toUpperCase()'), /TS2339/);
    fails(await cell('import { nothing } from "modern"; nothing'), /TS2305/);
  });

  test("import TypeScript files beside the notebook, again when they or what they import changed", async () => {
    file("deep.ts", "export const depth: number = 1;");
    file(
      "helper.ts",
      'import { depth } from "./deep"; export interface Shape { a: number }\nexport const help = (s: Shape) => s.a + depth;',
    );
    const use = 'import { help, type Shape } from "./helper"; const s: Shape = { a: 1 }; help(s)';
    assert.equal((await cell(use)).result, "2");
    await new Promise((resolve) => setTimeout(resolve, 20));
    file("deep.ts", "export const depth: number = 100;");
    assert.equal((await cell(use)).result, "101");
    fails(await cell('import { help } from "./helper.js"; help("no")'), /TS2345/);
  });

  test("TypeScript files may import each other and await", async () => {
    file(
      "ping.ts",
      'import { pong } from "./pong.js"; export const ping = (n: number): string => n ? pong(n - 1) : "ping";',
    );
    file(
      "pong.ts",
      'import { ping } from "./ping"; export const pong = (n: number): string => n ? ping(n - 1) : "pong"; export const ready = await Promise.resolve(true);',
    );
    assert.equal(
      (await cell('import { ping } from "./ping"; import { ready } from "./pong"; [ping(3), ready]')).result,
      "[ 'pong', true ]",
    );
  });

  test("import JSON, and anything dynamically", async () => {
    file("data.json", '{ "answer": 42 }');
    assert.equal((await cell('import data from "./data.json"; data.answer')).result, "42");
    assert.equal((await cell('(await import("./data.json")).default.answer')).result, "42");
    assert.equal((await cell('typeof (await import("node:fs")).readFileSync')).result, "'function'");
    fails(await cell('await import("./missing.js" as string)'), /Cannot find module '\.\/missing\.js'/);
  });

  test("`sightline` is this very package, wherever the notebook lies", async () => {
    const ran = await cell(
      'import { isInKernel } from "sightline/notebook"; import { SightlineError } from "sightline"; [isInKernel(), SightlineError.name]',
    );
    assert.equal(ran.result, "[ true, 'SightlineError' ]");
  });

  test("what a cell exports from elsewhere and under other names is there for the next ones", async () => {
    file(
      "shapes.ts",
      "export const side = 2; export const area = (a: number): number => a * a; export interface Shape { a: number }",
    );
    assert.equal((await cell('export { side, area as square } from "./shapes";')).reply.status, "ok");
    assert.equal((await cell("square(side)")).result, "4");
    assert.equal((await cell('export * from "./shapes"; export * as shapes from "./shapes";')).reply.status, "ok");
    assert.equal((await cell("const one: Shape = { a: 3 }; [area(one.a), shapes.side]")).result, "[ 9, 2 ]");
    assert.equal(
      (
        await cell(
          'export { join, basename as nameOf } from "node:path"; export type { Shape as Form } from "./shapes";',
        )
      ).reply.status,
      "ok",
    );
    assert.equal(
      (await cell("const two: Form = { a: 1 }; [join('a', 'b'), nameOf('/c/d'), two.a]")).result,
      "[ 'a/b', 'd', 1 ]",
    );
    assert.equal((await cell("export { inner, inner as outer }; const inner = 7;")).reply.status, "ok");
    assert.equal((await cell("[inner, outer]")).result, "[ 7, 7 ]");
    fails(await cell('export { missing } from "./shapes"'), /TS2305: .*no exported member 'missing'/);
    fails(await cell('export * from "./nowhere"'), /TS2307/);
    assert.equal((await cell("const start = 1; export * from './shapes'; start")).result, "1");
  });

  test("know where they are", async () => {
    assert.equal((await cell("import.meta.dirname === process.cwd() && __dirname === process.cwd()")).result, "true");
  });

  test("tslab's display works", async () => {
    const ran = await cell('import * as tslab from "tslab"; tslab.display.html("<i>x</i>")');
    assert.equal((ofType(ran, "display_data")[0].data as Record<string, unknown>)["text/html"], "<i>x</i>");
  });

  test("a failing cell aborts those that wait behind it, unless told not to", async () => {
    const cells = [cell("throw new Error('first')"), cell("'second'")];
    const [first, second] = await Promise.all(cells);
    assert.equal(first.reply.status, "error");
    assert.equal(second.reply.status, "aborted");
    const free = [run(suite.client, "throw new Error('x')", { stopOnError: false }), cell("'third'")];
    assert.equal((await Promise.all(free))[1].result, "'third'");
  });

  test("what is declared empty is filled, in one cell and by the next ones", async () => {
    const ran = await cell(
      `const xs = []; xs.push(1); const state = { items: [], best: null }; state.items.push("a"); state.best = 2;
       const sums = [1, 2].reduce((all, n) => { all.push(n); return all; }, []);
       const rows = Array.from({ length: 2 }, () => []); rows[1].push([].concat([5]));
       class Bag { items = []; name; add(x) { this.items.push(x); return this; } }
       function fill(a = [], options = {}) { let last; const q = { z: [] }; for (let i; ; ) { i = 1; last = i; break; } q.z.push(last); a.push(q); return a; }
       JSON.stringify([xs, state, sums, rows, new Bag().add(1), fill()])`,
    );
    assert.equal(ran.result, `'[[1],{"items":["a"],"best":2},[1,2],[[],[[5]]],{"items":[1]},[{"z":[1]}]]'`);
    assert.equal(
      (await cell("xs.push(2); state.items.push(3); JSON.stringify([xs, state.items])")).result,
      `'[[1,2],["a",3]]'`,
    );
  });

  test("silent cells neither count nor show", async () => {
    const before = Number((await cell("0")).reply.execution_count);
    const ran = await run(suite.client, "5", { silent: true });
    assert.deepEqual(
      ran.outputs.map(({ header }) => header.msg_type),
      ["status", "status"],
    );
    assert.equal((await cell("0")).reply.execution_count, before + 1);
  });
});

describe("the option to run in spite of type errors", () => {
  const suite = kernelForSuite({ environment: { ...process.env, SIGHTLINE_TYPE_ERRORS: "warn" } });

  test("shows them and runs", async () => {
    const ran = await run(suite.client, "const n: number = 'text'; n");
    assert.equal(ran.result, "'text'");
    assert.match(plain(ran.stderr), /error TS2322/);
  });
});

function plain(text: string): string {
  return text.replace(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g"), "");
}

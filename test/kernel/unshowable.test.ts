import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kernelForSuite, ofType, type Ran, run } from "../support/kernel.js";

const NOTEBOOK = 'import { display, updateDisplay, mime, displaySymbol, Comm } from "sightline/notebook";';

/** Expressions whose value cannot be looked at without an error. */
const RESULTS = {
  "a getter that throws where a picture has its pixels":
    "({ get data(): Uint8Array { throw new Error('no') }, width: 1, height: 1 })",
  "rows with a getter that throws": "[{ a: 1 }, { get a(): number { throw new Error('no') } }]",
  "a Map with a value whose inspect throws":
    "new Map([[1, { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } }]])",
  "a custom inspect that throws": "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } })",
  "a custom inspect that throws inside of a list":
    "[1, { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } }]",
  "a Symbol.toStringTag that throws": "({ get [Symbol.toStringTag](): string { throw new Error('no') } })",
  "a proxy whose get throws": "new Proxy({}, { get() { throw new Error('no') } })",
  "a proxy whose getPrototypeOf throws": "[new Proxy({ a: 1 }, { getPrototypeOf() { throw new Error('no') } })]",
  "a proxy whose every trap throws": "new Proxy({}, new Proxy({}, { get() { throw new Error('no') } }))",
  "a custom inspect that throws something that cannot be shown":
    "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }) } })",
  "a figure for Plotly that holds a BigInt": "({ data: [{ type: 'bar', x: [1n] }], layout: {} })",
  "a figure for Plotly that holds itself":
    "(() => { const layout: Record<string, unknown> = {}; layout.self = layout; return { data: [{ type: 'bar' }], layout }; })()",
  "a getter that never ends by recursion":
    "(() => { const o = { get data(): unknown { return o.data }, width: 1, height: 1 }; return o; })()",
};

/** Values that are hard to show when they are thrown. */
const THROWN = {
  ...RESULTS,
  "a revoked proxy": "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
  "a revoked proxy of an error":
    "(() => { const { proxy, revoke } = Proxy.revocable(new Error('x'), {}); revoke(); return proxy; })()",
  "an error whose message throws":
    "Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('no') } })",
  "an error whose stack throws": "Object.defineProperty(new Error('x'), 'stack', { get() { throw new Error('no') } })",
  "an error whose name throws": "Object.defineProperty(new Error('x'), 'name', { get() { throw new Error('no') } })",
  "an error whose cause throws": "Object.defineProperty(new Error('x'), 'cause', { get() { throw new Error('no') } })",
  "an error whose message is an object without text":
    "Object.defineProperty(new Error('x'), 'message', { value: Object.create(null) })",
  "an error whose message is a symbol": "Object.defineProperty(new Error('x'), 'message', { value: Symbol('s') })",
  "an error that is its own cause": "(() => { const e = new Error('x'); e.cause = e; return e; })()",
  "an error of errors that are not a list": "Object.assign(new AggregateError([]), { errors: 5 })",
  "an error of a million errors": "new AggregateError(Array.from({ length: 1e6 }, () => 1))",
  "an error with a message of 50 MB": "new Error('x'.repeat(5e7))",
  "an object without a prototype": "Object.create(null)",
  undefined: "undefined",
};

/** Calls of `display` that fail. */
const DISPLAYS = {
  ...Object.fromEntries(Object.entries(RESULTS).map(([name, value]) => [name, `display(${value})`])),
  "a BigInt where JSON is expected": "display(mime({ 'application/json': { n: 1n } }))",
  "JSON that holds itself": "const loop: unknown[] = []; loop.push(loop); display(mime({ 'application/json': loop }))",
  "a toJSON that throws": "display(mime({ 'application/json': { toJSON() { throw new Error('no') } } }))",
  "a BigInt in an update": "display(1, { id: 'x' }); updateDisplay(mime({ 'application/json': 1n }), { id: 'x' })",
  "a BigInt in a promise": "display({ [displaySymbol]: async () => ({ 'application/json': 1n }) })",
  "a bundle whose getter throws":
    "display({ [displaySymbol]: () => ({ get 'text/html'() { throw new Error('no') } }) } as never); throw new Error('shown as text')",
  "a comm message that is not JSON": "new Comm('t', { n: 1n })",
  "a comm message with a buffer that is not binary": "new Comm('t', {}, { buffers: [1e9 as never] })",
};

describe("whatever a cell makes, the kernel answers and goes on", () => {
  const suite = kernelForSuite({ environment: { ...process.env, SIGHTLINE_TYPE_ERRORS: "off" } });
  const cell = (code: string) => run(suite.client, code);

  /** Runs a cell that must fail, then one that must run. */
  async function failing(code: string): Promise<Ran> {
    const ran = await cell(code);
    const { ename, evalue, traceback, status } = ran.reply;
    assert.equal(status, "error", code);
    const [error, ...more] = ofType(ran, "error");
    assert.deepEqual([error.ename, error.evalue, more.length], [ename, evalue, 0], code);
    assert.ok((error.traceback as string[]).length > 0, code);
    assert.ok(String(evalue).length <= 20_001 && JSON.stringify(traceback).length < 400_000);
    const states = ofType(ran, "status").map(({ execution_state }) => execution_state);
    assert.deepEqual(states, ["busy", "idle"]);
    assert.equal(ran.outputs.at(-1)?.header.msg_type, "status");
    assert.equal((await cell("40 + 2")).result, "42");
    return ran;
  }

  for (const [name, value] of Object.entries(RESULTS)) {
    test(`a result: ${name}`, async () => {
      const { reply } = await failing(`${value}`);
      assert.equal(reply.ename, "SightlineError");
      assert.match(String(reply.evalue), /^the result cannot be shown: /);
    });
  }

  for (const [name, value] of Object.entries(THROWN)) {
    test(`thrown: ${name}`, async () => void (await failing(`throw ${value}`)));
    test(`rejected: ${name}`, async () => void (await failing(`await Promise.reject(${value})`)));
    test(`thrown in a timer: ${name}`, async () => {
      await cell(`setTimeout(() => { throw ${value}; }); await new Promise((resolve) => setTimeout(resolve, 20))`);
      assert.equal((await cell("40 + 2")).result, "42");
    });
  }

  test("what is thrown in a timer and what is rejected behind the cell's back are shown", async () => {
    const revoked = THROWN["a revoked proxy"];
    const later = "await new Promise((resolve) => setTimeout(resolve, 50))";
    for (const code of [`setTimeout(() => { throw ${revoked}; }); ${later}`, `Promise.reject(${revoked}); ${later}`]) {
      assert.equal(ofType(await cell(code), "error").length, 1, code);
    }
  });

  for (const [name, code] of Object.entries(DISPLAYS)) {
    test(`shown: ${name}`, async () => {
      const { reply } =
        name === "a BigInt in a promise"
          ? await failing(`${NOTEBOOK} await ${code}`)
          : await failing(`${NOTEBOOK} ${code}`);
      assert.match(
        `${reply.ename}: ${reply.evalue}`,
        /^(SightlineError: (this value|a comm message)|Error: shown as text)/,
      );
    });
  }

  test("a display that fails while nobody waits for it is an error under its cell, before the cell is idle", async () => {
    const ran = await cell(`${NOTEBOOK} display({ [displaySymbol]: async () => ({ 'application/json': 1n }) }); 1`);
    assert.match(String(ofType(ran, "error")[0]?.evalue), /^this value cannot be shown: .*BigInt/);
    assert.equal(ran.outputs.at(-1)?.content.execution_state, "idle");
    assert.equal((await cell("40 + 2")).result, "42");
  });

  test("an object whose own display fails or gives nonsense is shown as text, with a note", async () => {
    for (const made of [
      "{ throw new Error('no') }",
      "5",
      "null",
      "Promise.reject(new Error('no'))",
      "Promise.resolve(5)",
    ]) {
      const ran = await cell(`${NOTEBOOK} ({ a: 1, [displaySymbol]: () => ${made} })`);
      assert.match(String(ran.result), /a: 1[\s\S]*\(its own display failed: /, made);
    }
    const hidden = await cell(
      `${NOTEBOOK} ({ get [Symbol.toStringTag]() { throw 1 }, [displaySymbol]: () => ({ "text/html": "<b>x</b>" }) })`,
    );
    assert.equal(hidden.data?.["text/html"], "<b>x</b>");
  });

  test("user_expressions that cannot be shown or do not exist are errors of their own", async () => {
    const ask = async (user_expressions: unknown) =>
      (
        await suite.client.request("execute_request", {
          code: "",
          silent: true,
          user_expressions,
        })
      ).content;
    const { status, user_expressions } = await ask({
      good: "1 + 1",
      ...RESULTS,
      missing: "nowhere",
      "not code": ")",
      __proto__: "1",
      number: 5,
    });
    assert.equal(status, "ok", JSON.stringify(user_expressions));
    const answers = user_expressions as Record<
      string,
      { status: string; data?: Record<string, string>; ename?: string }
    >;
    assert.equal(answers.good.data?.["text/plain"], "2");
    assert.equal(answers.number.data?.["text/plain"], "5");
    for (const name of [...Object.keys(RESULTS), "missing", "not code"])
      assert.equal(answers[name].status, "error", name);
    for (const odd of [null, 5, "text", [1, "2"], { a: { b: 1 } }]) assert.equal((await ask(odd)).status, "ok");
    assert.equal((await cell("40 + 2")).result, "42");
  });
});

describe("what is never ready", () => {
  const suite = kernelForSuite();
  const never = "({ [displaySymbol]: () => new Promise<never>(() => {}) })";
  const endless = "({ get data() { for (;;) {} }, width: 1, height: 1 })";
  const begun = () => suite.client.once(({ header }) => header.msg_type === "execute_input");

  for (const [name, code] of Object.entries({
    "a result": never,
    "a display": `display(${never}); 1`,
    "a display that is awaited": `await display(${never})`,
    "a display before an error": `display(${never}); throw new Error("x")`,
    "a result whose getter never ends": endless,
    "a display whose inspect never ends": "display({ [Symbol.for('nodejs.util.inspect.custom')]() { for (;;) {} } })",
  })) {
    test(`${name} ends with an interrupt`, async () => {
      await run(suite.client, NOTEBOOK);
      const running = run(suite.client, code);
      await begun();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await suite.client.interrupt();
      const { reply } = await running;
      assert.ok(reply.ename === "KeyboardInterrupt" || reply.evalue === "x", `${reply.ename}: ${reply.evalue}`);
      const next = await run(suite.client, "display(1); 40 + 2");
      assert.equal(next.result, "42", `${next.reply.evalue}`);
    });
  }

  test("a cell that was interrupted before its imports were there declares nothing", async () => {
    await run(
      suite.client,
      `import { writeFileSync } from "node:fs"; writeFileSync("slow.ts", "await new Promise(() => {}); export const slow = 1;")`,
    );
    const running = run(suite.client, 'import { slow } from "./slow"; slow');
    await begun();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await suite.client.interrupt();
    assert.equal((await running).reply.ename, "KeyboardInterrupt");
    assert.match(String((await run(suite.client, "slow")).reply.evalue), /^TS2304: Cannot find name 'slow'/);
  });

  test("user_expressions that never end, too", async () => {
    const asked = suite.client.request("execute_request", {
      code: "1",
      user_expressions: { never: `(() => { for (;;) {} })()`, later: "2" },
    });
    await begun();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await suite.client.interrupt();
    const { content } = await asked;
    const { never, later } = content.user_expressions as Record<string, Record<string, unknown>>;
    assert.equal(never.ename, "KeyboardInterrupt");
    assert.equal(later.status, "ok");
  });
});

describe("promises", () => {
  const suite = kernelForSuite();

  test("are shown without what Node notes on them, pending ones with what to do", async () => {
    const { result } = await run(suite.client, "new Promise<number>(() => {})");
    assert.equal(result, "Promise { <pending> }\nput await before it to see its value");
    assert.equal((await run(suite.client, "Promise.resolve(5)")).result, "Promise { 5 }");
    assert.equal((await run(suite.client, "({ a: [Promise.resolve(5)] })")).result, "{ a: [ Promise { 5 } ] }");
    const { stdout } = await run(suite.client, "console.log(Promise.resolve(5)); console.log(setTimeout(() => {}, 0))");
    assert.match(stdout, /^Promise \{ 5 \}\n/);
    assert.doesNotMatch(stdout, /kResourceStore|asyncId/);
  });
});

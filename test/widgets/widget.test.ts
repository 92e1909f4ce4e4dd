import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeEach, test } from "node:test";
import { displaySymbol } from "../../src/core/display.js";
import { joinBuffers, splitBuffers } from "../../src/widgets/buffers.js";
import * as controls from "../../src/widgets/controls/index.js";
import { link } from "../../src/widgets/link.js";
import { openWidgets } from "../../src/widgets/open-widgets.js";
import { Output } from "../../src/widgets/output.js";
import type { WidgetLike } from "../../src/widgets/widget-types.js";
import { FakeHost, settle } from "./fake-host.js";

const { Button, Dropdown, FloatLogSlider, FloatSlider, FloatText, HBox, Image, IntRangeSlider } = controls;
const { IntSlider, Label, Layout, Tab, ToggleButtons, VBox } = controls;
let host: FakeHost;
beforeEach(() => {
  for (const widget of [...openWidgets().values()]) widget.close();
  host = FakeHost.use();
});

async function show(widget: WidgetLike): Promise<string> {
  await widget[displaySymbol]();
  host.take();
  return widget.modelId;
}

test("a slider opens its layout, its style and itself with the whole state", async () => {
  const slider = new IntSlider({ min: 0, max: 10, value: 3, description: "n" });
  const bundle = await slider[displaySymbol]();
  const [layout, style, own] = host.take();
  assert.equal(layout.data.state && (layout.data.state as { _model_name: string })._model_name, "LayoutModel");
  assert.deepEqual(style.data.state, {
    _model_module: "@jupyter-widgets/controls",
    _model_module_version: "2.0.0",
    _model_name: "SliderStyleModel",
    _view_module: "@jupyter-widgets/base",
    _view_module_version: "2.0.0",
    _view_name: "StyleView",
  });
  assert.deepEqual(own, {
    type: "comm_open",
    id: "comm-3",
    target: "jupyter.widget",
    metadata: { version: "2.1.0" },
    buffers: [],
    data: {
      buffer_paths: [],
      state: {
        _model_module: "@jupyter-widgets/controls",
        _model_module_version: "2.0.0",
        _model_name: "IntSliderModel",
        _view_module: "@jupyter-widgets/controls",
        _view_module_version: "2.0.0",
        _view_name: "IntSliderView",
        layout: "IPY_MODEL_comm-1",
        style: "IPY_MODEL_comm-2",
        tooltip: null,
        tabbable: null,
        _dom_classes: [],
        description: "n",
        description_allow_html: false,
        orientation: "horizontal",
        readout: true,
        readout_format: "d",
        continuous_update: true,
        behavior: "drag-tap",
        disabled: false,
        value: 3,
        min: 0,
        max: 10,
        step: 1,
      },
    },
  });
  assert.deepEqual(bundle, {
    "text/plain": "IntSlider(3)",
    "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 0, model_id: "comm-3" },
  });
});

test("changes made in one turn travel in one update", async () => {
  const slider = new IntSlider({ value: 1 });
  const id = await show(slider);
  slider.value = 5;
  slider.max = 50;
  slider.value = 7;
  await slider.flush();
  assert.deepEqual(host.take(), [
    { type: "comm_msg", id, data: { method: "update", state: { value: 7, max: 50 }, buffer_paths: [] }, buffers: [] },
  ]);
});

test("a front end's update is echoed, observed and not sent back", async () => {
  const slider = new IntSlider();
  const id = await show(slider);
  const seen: number[][] = [];
  const stop = slider.observe("value", (value, previous) => void seen.push([value, previous]));
  host.say(id, { method: "update", state: { value: 4 }, buffer_paths: [] });
  await settle();
  assert.deepEqual(
    host.take().map(({ data }) => data),
    [{ method: "echo_update", state: { value: 4 }, buffer_paths: [] }],
  );
  stop();
  slider.value = 9;
  assert.deepEqual(seen, [[4, 0]]);
});

test("a value that the kernel corrects is echoed and then corrected", async () => {
  const slider = new IntSlider({ max: 10 });
  const id = await show(slider);
  host.say(id, { method: "update", state: { value: 900.2 } });
  await settle();
  assert.deepEqual(
    host.take().map(({ data }) => [data.method, data.state]),
    [
      ["echo_update", { value: 900.2 }],
      ["update", { value: 10 }],
    ],
  );
  assert.equal(slider.value, 10);
});

test("what a front end may not set is ignored", async () => {
  const box = new VBox({ children: [new IntSlider({ value: 2 })] });
  const id = await show(box);
  const slider = box.children[0] as controls.IntSlider;
  host.say(id, { method: "update", state: { children: [], layout: "IPY_MODEL_x", _model_name: "Evil", nonsense: 1 } });
  host.say(slider.modelId, { method: "update", state: { value: "<img onerror=alert(1)>", min: null, __proto__: {} } });
  host.say(id, "not even an object");
  host.say(id, { method: "update", state: null });
  await settle();
  assert.deepEqual(host.take(), []);
  assert.equal(box.children.length, 1);
  assert.equal(slider.value, 2);
});

test("a listener that throws is printed and stops nobody", async (context) => {
  const printed = context.mock.method(console, "error", () => {});
  const slider = new IntSlider();
  const seen: number[] = [];
  slider.observe("value", () => {
    throw new Error("first");
  });
  slider.observe("value", () => Promise.reject(new Error("second")));
  slider.observe("value", (value) => void seen.push(value));
  slider.value = 3;
  await settle();
  assert.deepEqual(seen, [3]);
  assert.equal(printed.mock.callCount(), 2);
});

test("a thousand slider events in a row lose nothing", async () => {
  const slider = new IntSlider({ max: 1000 });
  const id = await show(slider);
  const seen: number[] = [];
  slider.observe("value", (value) => void seen.push(value));
  for (let value = 1; value <= 1000; value++) host.say(id, { method: "update", state: { value } });
  assert.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, i) => i + 1),
  );
  assert.equal(host.take().length, 1000);
});

test("request_state and request_states answer with everything", async () => {
  const image = new Image({ value: new Uint8Array([1, 2, 3]) });
  const id = await show(image);
  host.say(id, { method: "request_state" });
  const [answer] = host.take();
  assert.equal(answer.data.method, "update");
  assert.deepEqual(answer.data.buffer_paths, [["value"]]);
  assert.deepEqual(answer.buffers, [new Uint8Array([1, 2, 3])]);

  const control = host.opens("jupyter.widget.control");
  control.receive({ data: { method: "request_states" }, buffers: [] });
  const [states] = host.take();
  assert.equal(states.data.method, "update_states");
  assert.deepEqual(Object.keys(states.data.states as object), ["comm-1", "comm-2"]);
  assert.deepEqual(states.data.buffer_paths, [["comm-2", "state", "value"]]);
  const { model_name, model_module, state } = (states.data.states as Record<string, Record<string, unknown>>)["comm-2"];
  assert.deepEqual([model_name, model_module], ["ImageModel", "@jupyter-widgets/controls"]);
  assert.equal((state as { layout: string }).layout, "IPY_MODEL_comm-1");
});

test("running a cell a hundred times leaves one slider's comms", async () => {
  for (let i = 0; i < 100; i++) {
    await host.run("cell", async () => {
      await new VBox({ children: [new IntSlider(), new Button()] })[displaySymbol]();
    });
  }
  assert.equal(host.open_.size, 8);
  assert.equal(openWidgets().size, 8);
  await host.run("cell", () => {});
  assert.equal(host.open_.size, 0);
  assert.equal(openWidgets().size, 0);
});

test("a widget shown in two cells stays until both have run again, and opens again when shown again", async () => {
  const slider = new IntSlider();
  await host.run("a", async () => void (await slider[displaySymbol]()));
  await host.run("b", async () => void (await slider[displaySymbol]()));
  await host.run("a", () => {});
  assert.equal(slider.isOpen, true);
  await host.run("b", () => {});
  assert.equal(slider.isOpen, false);
  slider.value = 8;
  host.take();
  await host.run("b", async () => void (await slider[displaySymbol]()));
  const opened = host.take().at(-1)!;
  assert.equal((opened.data.state as { value: number }).value, 8);
});

test("close tells the front end, closes what only it held, and forgets its listeners", async () => {
  const shared = new Label({ value: "both" });
  const box = new HBox({ children: [shared, new IntSlider()] });
  const other = new VBox({ children: [shared] });
  await show(box);
  await show(other);
  const slider = box.children[1] as controls.IntSlider;
  slider.observe("value", () => assert.fail("told after closing"));
  box.close();
  assert.equal(slider.isOpen, false);
  assert.equal(shared.isOpen, true);
  slider.close();
  slider.value = 3;
  assert.equal((await box[displaySymbol]())["application/vnd.jupyter.widget-view+json"], undefined);
});

test("children that change are opened before they are named, and the others closed", async () => {
  const first = new IntSlider();
  const box = new VBox({ children: [first] });
  const id = await show(box);
  const second = new Label({ value: "two" });
  box.children = [second];
  await box.flush();
  const messages = host.take();
  assert.deepEqual(messages.at(-1)?.data.state, { children: [`IPY_MODEL_${second.modelId}`] });
  assert.equal(messages.at(-1)?.id, id);
  assert.equal(first.isOpen, false);
  assert.equal(second.isOpen, true);
});

test("a dropdown keeps options, index and value in agreement", async () => {
  const dropdown = new Dropdown({
    options: [
      ["one", 1],
      ["two", 2],
    ],
    value: 2,
  });
  assert.equal(dropdown.index, 1);
  const id = await show(dropdown);
  const seen: unknown[] = [];
  dropdown.observe("value", (value) => void seen.push(value));
  host.say(id, { method: "update", state: { index: 0 } });
  assert.deepEqual(seen, [1]);
  host.say(id, { method: "update", state: { index: 77 } });
  assert.equal(dropdown.value, 1);
  dropdown.options = [["three", 3]];
  await dropdown.flush();
  assert.deepEqual(host.take().at(-1)?.data.state, { index: 0, _options_labels: ["three"] });
  assert.deepEqual([dropdown.value, dropdown.index], [3, 0]);
  assert.equal(new ToggleButtons({ options: ["a", "b"] }).value, "a");
});

test("a button calls its listeners at a click", async () => {
  const button = new Button({ description: "go" });
  const id = await show(button);
  let clicks = 0;
  const stop = button.onClick(() => void clicks++);
  host.say(id, { method: "custom", content: { event: "click" } });
  host.say(id, { method: "custom", content: { event: "hover" } });
  stop();
  host.say(id, { method: "custom", content: { event: "click" } });
  assert.equal(clicks, 1);
});

test("linked traits follow each other until the link is cut", () => {
  const a = new IntSlider({ value: 3 });
  const b = new IntSlider({ value: 9 });
  const cut = link(a, "value", b, "value");
  assert.equal(b.value, 3);
  b.value = 4;
  assert.equal(a.value, 4);
  cut();
  a.value = 5;
  assert.equal(b.value, 4);
});

test("ranges are ordered and kept inside", () => {
  const range = new IntRangeSlider({ value: [80, 20], max: 60 });
  assert.deepEqual(range.value, [20, 60]);
});

test("an output holds what is put into it", async () => {
  const output = new Output();
  output.print("hello");
  await output.append(new IntSlider());
  assert.deepEqual(
    output.outputs.map(({ output_type }) => output_type),
    ["stream", "display_data"],
  );
  output.clear();
  assert.deepEqual(output.outputs, []);
});

test("an unknown trait is refused with a suggestion", () => {
  assert.throws(() => new IntSlider({ vlaue: 3 } as never), /did you mean 'value'/);
});

/** What the front end gets from a widget, said as errors: widget, trait and value are named. */
for (const [make, message] of [
  [() => new FloatText({ value: Number.NaN }), /^value of FloatText is NaN: expected a finite number$/],
  [
    () => new FloatSlider({ max: Number.POSITIVE_INFINITY }),
    /^max of FloatSlider is Infinity: expected a finite number$/,
  ],
  [() => new IntSlider({ min: 10, max: 5 }), /^min of IntSlider is 10: expected at most max, 5$/],
  [
    () => new Dropdown({ options: ["one", "two"], value: "twoo" }),
    /^value of Dropdown is 'twoo': expected one of one, two; did you mean 'two'\?$/,
  ],
  [
    () => new ToggleButtons({ options: ["a"], index: 3 }),
    /^index of ToggleButtons is 3: expected a whole number from 0 to 0/,
  ],
  [() => new Dropdown({ value: "a" }), /^value of Dropdown is 'a': expected options$/],
  [() => new IntSlider({ step: 0 }), /^step of IntSlider is 0: expected a number above 0$/],
  [
    () => new IntRangeSlider({ value: [1, 2, 3] as never }),
    /^value of IntRangeSlider is a list of 3: expected two numbers$/,
  ],
  [
    () => new IntRangeSlider({ value: [1, Number.NaN] }),
    /^value of IntRangeSlider is a list of 2: expected a list, each item a finite number$/,
  ],
  [() => new FloatLogSlider({ base: 1 }), /^base of FloatLogSlider is 1: expected a number above 1$/],
  [() => new FloatLogSlider({ max: 400 }), /^max of FloatLogSlider is 400: expected an exponent of 10/],
  [() => new Label({ value: 3 as never }), /^value of Label is 3: expected a text$/],
  [() => new Button({ disabled: "yes" as never }), /^disabled of Button is 'yes': expected true or false$/],
  [() => new Layout({ width: 300 as never }), /^width of Layout is 300: expected a text such as '50%'/],
  [() => new VBox({ children: new IntSlider() as never }), /^children of VBox is an object: expected a list$/],
  [() => new Image({ value: "a.png" as never }), /^value of Image is 'a.png': expected bytes$/],
] as const) {
  test(`a value that a widget cannot have is refused: ${message.source}`, () => {
    assert.throws(make, { code: "bad-config", message });
  });
}

test("a value that cannot be set leaves the widget as it was; one from the front end is taken back there", async () => {
  const slider = new IntSlider({ min: 0, max: 10, value: 4 });
  const id = await show(slider);
  assert.throws(() => slider.set({ min: 20, value: 30 }), /^SightlineError: min of IntSlider is 20/);
  assert.throws(() => {
    slider.value = Number.NaN;
  }, /value of IntSlider is NaN/);
  assert.deepEqual([slider.min, slider.value], [0, 4]);
  host.say(id, { method: "update", state: { min: 50, max: 40 } });
  await settle();
  assert.deepEqual(
    host.take().map(({ data }) => [data.method, data.state]),
    [
      ["echo_update", { min: 50, max: 40 }],
      ["update", { min: 0, max: 10 }],
    ],
  );
  slider.set({ min: 20, max: 40 });
  assert.equal(slider.value, 20);
});

test("a widget that would hold itself is refused, at any depth and by way of an output", async () => {
  const box = new VBox();
  assert.throws(() => {
    box.children = [new Label(), box];
  }, /^SightlineError: this VBox cannot hold itself: make another VBox$/);
  const outer = new Tab({ children: [new HBox({ children: [box] })] });
  assert.throws(() => {
    box.children = [outer];
  }, /this VBox cannot hold what holds it/);
  assert.deepEqual(box.children, []);
  const output = new Output();
  await assert.rejects(output.append(output), /this Output cannot hold itself/);
  await output.append(new VBox({ children: [box] }));
  assert.throws(() => {
    box.children = [output];
  }, /this VBox cannot hold what holds it/);
  await assert.rejects(output.append(new HBox({ children: [output] })), /cannot hold what holds it/);
  output.clear();
  box.children = [output];
  await show(outer);
  assert.equal(box.isOpen, true);
});

test("paths of binary values that lead nowhere, or anywhere else, change nothing", () => {
  const bytes = new Uint8Array([1]);
  const state = () => ({ list: [null, 2], name: "a" });
  const paths = [
    null,
    7,
    "list",
    [],
    ["list", 4_294_967_290],
    ["list", "length"],
    ["list", -1],
    ["list", 0.5],
    ["list", {}],
    ["name", "x"],
    ["name"],
    [["list"], 0],
    ["constructor", "prototype", "x"],
  ];
  for (const path of paths) assert.deepEqual(joinBuffers(state(), [path], [bytes]), state(), JSON.stringify(path));
  assert.deepEqual(joinBuffers(state(), [["list", 0], ["more"]], [bytes, bytes]), {
    list: [bytes, 2],
    name: "a",
    more: bytes,
  });
});

test("binary values are taken out and put back in their places", () => {
  const bytes = new Uint8Array([1, 2]);
  const floats = new Float32Array([0.5]);
  const { state, buffer_paths, buffers } = splitBuffers({ a: { b: [1, bytes] }, map: floats, none: undefined });
  assert.deepEqual(state, { a: { b: [1, null] } });
  assert.deepEqual(buffer_paths, [["a", "b", 1], ["map"]]);
  assert.deepEqual([...buffers[1]], [0, 0, 0, 63]);
  assert.deepEqual(joinBuffers(structuredClone(state), [["a", "b", 1]], [bytes]), { a: { b: [1, bytes] } });
  assert.deepEqual(joinBuffers({}, [["nowhere", "x"], ["__proto__"]], [bytes, bytes]), {});
});

test("every control has the traits and defaults that Jupyter's own specification gives it", () => {
  interface Attribute {
    readonly name: string;
    readonly default?: unknown;
  }
  const path = createRequire(import.meta.url).resolve("@jupyter-widgets/schema/jupyterwidgetmodels.latest.json");
  const models: { attributes: Attribute[]; model: { name: string; version: string }; view: { name: string } }[] =
    JSON.parse(readFileSync(path, "utf8"));
  const classes = [...Object.values(controls), Output].filter(
    (value): value is typeof IntSlider =>
      typeof value === "function" &&
      /^class/.test(String(value)) &&
      ![Layout, controls.Control].includes(value as never),
  );
  assert.ok(classes.length > 20);
  for (const Class of classes) {
    const widget = new Class();
    const { classes: names } = widget;
    const model = models.find((candidate) => candidate.model.name === names.model);
    assert.ok(model, names.model);
    assert.deepEqual([names.version, names.view], [model.model.version, model.view.name], names.model);
    const { state, buffer_paths } = widget.wire();
    const binary = buffer_paths.map(([name]) => name);
    for (const { name, default: expected } of model.attributes) {
      if (["layout", "style", "_dom_classes", "selected_index", "rows"].includes(name)) continue;
      if (binary.includes(name)) continue;
      assert.deepEqual(state[name], expected === undefined ? state[name] : expected, `${names.model}.${name}`);
    }
  }
});

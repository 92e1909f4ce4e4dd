/** What the public entrances are given in {@link wrongInputs}: the library as somebody imports it, and a folder of files. */
export interface Workshop {
  // biome-ignore lint/suspicious/noExplicitAny: each entrance is given what its types forbid
  readonly library: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly widgets: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly model: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly explanation: any;
  /** A file of the folder. */
  at(name: string): string;
}

type WrongInput = (workshop: Workshop) => unknown;

const picture = { data: new Uint8Array(32 * 32 * 3), width: 32, height: 32 };
const input = { data: new Float32Array(3 * 32 * 32), dims: [1, 3, 32, 32] };
const file = "cat.png";
const whole = { mask: new Uint8Array(32 * 32).fill(1), width: 32, height: 32 };

const loading: Record<string, WrongInput> = {
  "loadModel()": ({ library }) => library.loadModel(),
  "loadModel(null)": ({ library }) => library.loadModel(null),
  "loadModel(7)": ({ library }) => library.loadModel(7),
  'loadModel("")': ({ library }) => library.loadModel(""),
  'loadModel("efficientnet-lite")': ({ library }) => library.loadModel("efficientnet-lite"),
  'loadModel("no-such-model")': ({ library }) => library.loadModel("no-such-model"),
  'loadModel("missing.onnx")': ({ library, at }) => library.loadModel(at("missing.onnx")),
  'loadModel("~/model.onnx")': ({ library }) => library.loadModel("~/model.onnx"),
  "loadModel(folder)": ({ library, at }) => library.loadModel(at(".")),
  "loadModel(text)": ({ library, at }) => library.loadModel(at("text.onnx")),
  "loadModel(empty)": ({ library, at }) => library.loadModel(at("empty.onnx")),
  "loadModel(cut)": ({ library, at }) => library.loadModel(at("cut.onnx")),
  "loadModel(xml that is no model)": ({ library, at }) => library.loadModel(at("page.xml")),
  "loadModel(IR without weights)": ({ library, at }) => library.loadModel(at("lonely.xml")),
  "loadModel(https: without sha256)": ({ library }) => library.loadModel("https://example.org/model.onnx"),
  "loadModel(http:)": ({ library }) => library.loadModel("http://example.org/model.onnx", { sha256: "0".repeat(64) }),
  "loadModel(s3:)": ({ library }) => library.loadModel("s3://bucket/model.onnx"),
  "loadModel(sha256 of another)": ({ library, at }) => library.loadModel(at("model.onnx"), { sha256: "0".repeat(64) }),
  "loadModel(sha256 in short)": ({ library }) => library.loadModel("https://example.org/m.onnx", { sha256: "12ab" }),
  "loadModel({ label })": ({ library, at }) => library.loadModel(at("model.onnx"), { label: ["a"] }),
  "loadModel({ labels: 7 })": ({ library, at }) => library.loadModel(at("model.onnx"), { labels: 7 }),
  "loadModel({ labels: two })": ({ library, at }) => library.loadModel(at("model.onnx"), { labels: ["a", "b"] }),
  "loadModel({ labels: missing })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { labels: at("no-labels.txt") }),
  "loadModel({ labels: bad JSON })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { labels: at("labels.json") }),
  "loadModel({ preprocess: 7 })": ({ library, at }) => library.loadModel(at("model.onnx"), { preprocess: 7 }),
  "loadModel({ preprocess: unknown preset })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { preprocess: "torchvison" }),
  "loadModel({ preprocess: { meen } })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { preprocess: { meen: 0 } }),
  "loadModel({ preprocess: { mean: text } })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { preprocess: { mean: "a" } }),
  "loadModel({ preprocess: { std: 0 } })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { preprocess: { mean: 0, std: 0 } }),
  "loadModel({ preprocess: { resize } })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { preprocess: { resize: "stretch" } }),
  "loadModel({ preprocess: { size: 0 } })": ({ library, at }) =>
    library.loadModel(at("model.onnx"), { preprocess: { size: 0 } }),
  "loadModel({ threads: -1 })": ({ library, at }) => library.loadModel(at("model.onnx"), { threads: -1 }),
  "loadModel({ threads: text })": ({ library, at }) => library.loadModel(at("model.onnx"), { threads: "two" }),
  "loadModel({ device: tpu })": ({ library, at }) => library.loadModel(at("model.onnx"), { device: "tpu" }),
  "loadModel({ activation: relu })": ({ library, at }) => library.loadModel(at("model.onnx"), { activation: "relu" }),
  "loadModel({ memoryLimit: text })": ({ library, at }) => library.loadModel(at("model.onnx"), { memoryLimit: "much" }),
  "loadModel({ isolate: text })": ({ library, at }) => library.loadModel(at("model.onnx"), { isolate: "sometimes" }),
  "loadModel(aborted)": ({ library, at }) => library.loadModel(at("model.onnx"), { signal: AbortSignal.abort() }),
  "loadModel({ decoder: yolo })": ({ library, at }) => library.loadModel(at("model.onnx"), { decoder: "yolo" }),
};

const pictures: Record<string, WrongInput> = Object.fromEntries(
  Object.entries({
    "()": () => undefined,
    "(null)": () => null,
    "(7)": () => 7,
    "(list)": () => [picture, picture],
    "(promise)": () => Promise.resolve(file),
    "(Blob)": () => new Blob(["x"]),
    "(ArrayBuffer)": () => new ArrayBuffer(8),
    "({ image })": () => ({ image: picture }),
    '("")': () => "",
    "(missing)": (at: Workshop["at"]) => at("no-cat.png"),
    '("~/cat.png")': () => "~/cat.png",
    "(folder)": (at: Workshop["at"]) => at("."),
    "(text)": (at: Workshop["at"]) => at("text.png"),
    "(empty)": (at: Workshop["at"]) => at("empty.png"),
    "(cut)": (at: Workshop["at"]) => at("cut.png"),
    "(SVG)": (at: Workshop["at"]) => at("drawing.png"),
    "(no bytes)": () => new Uint8Array(0),
    "(http:)": () => "http://example.org/cat.png",
    "(s3:)": () => "s3://bucket/cat.png",
    "(data: without comma)": () => "data:image/png;base64",
    "(file: of another machine)": () => "file://host/cat.png",
    "(RGBA)": () => ({ data: new Uint8Array(32 * 32 * 4), width: 32, height: 32 }),
    "(negative size)": () => ({ data: new Uint8Array(3), width: -1, height: 1 }),
    "(huge)": () => ({ data: new Uint8Array(3), width: 100_000, height: 100_000 }),
    "(batch)": () => ({ data: new Float32Array(2 * 3 * 32 * 32), dims: [2, 3, 32, 32] }),
    "(channels last)": () => ({ data: input.data, dims: [1, 32, 32, 3] }),
    "(NaN)": () => ({ data: new Float32Array(3 * 32 * 32).fill(Number.NaN), dims: [1, 3, 32, 32] }),
  }).map(([name, source]) => [`predict${name}`, ({ model, at }) => model.predict(source(at))]),
);

const answering: Record<string, WrongInput> = {
  "predict({ top: 0 })": ({ model }) => model.predict(picture, { top: 0 }),
  "predict({ top: text })": ({ model }) => model.predict(picture, { top: "all" }),
  "predict({ to: 3 })": ({ model }) => model.predict(picture, { to: 3 }),
  "predict(picture, 3)": ({ model }) => model.predict(picture, 3),
  "predict({ signal: 7 })": ({ model }) => model.predict(picture, { signal: 7 }),
  "run({ singal })": ({ model }) => model.run(input, { singal: undefined }),
  "observe(no layers)": ({ model }) => model.observe(input),
  "predict(aborted)": ({ model }) => model.predict(picture, { signal: AbortSignal.abort() }),
  "run(picture)": ({ model }) => model.run(picture),
  "run(null)": ({ model }) => model.run(null),
  "run(no pictures)": ({ model }) => model.run({ data: new Float32Array(0), dims: [0, 3, 32, 32] }),
  "run(other size)": ({ model }) => model.run({ data: new Float32Array(3 * 64), dims: [1, 3, 8, 8] }),
  "classIndex(99)": ({ model }) => model.classIndex(99),
  "classIndex(-2)": ({ model }) => model.classIndex(-2),
  "classIndex(1.5)": ({ model }) => model.classIndex(1.5),
  "classIndex(tigre)": ({ model }) => model.classIndex("tigre"),
  "classIndex(null)": ({ model }) => model.classIndex(null),
  "tensor(wrong dims)": ({ library }) => library.tensor(new Float32Array(3), [2, 2]),
  "tensor(list)": ({ library }) => library.tensor([1, 2], [2]),
  "tensor(text as dims)": ({ library }) => library.tensor(new Float32Array(2), "2"),
  "random(text)": ({ library }) => library.random("seven"),
  "inputGradient(no model)": ({ library }) => library.inputGradient(),
  "inputGradient(no options)": ({ library, model }) => library.inputGradient(model, input),
  "inputGradient({ scor })": ({ library, model }) => library.inputGradient(model, input, { target: 0, scor: "logit" }),
  "inputGradient({ score: odds })": ({ library, model }) =>
    library.inputGradient(model, input, { target: 0, score: "odds" }),
  "inputGradient({ relu: leaky })": ({ library, model }) =>
    library.inputGradient(model, input, { target: 0, relu: "leaky" }),
  "layerGradient(without layer)": ({ library, model }) => library.layerGradient(model, input, { target: 0 }),
  "inputGradient({})": ({ library, model }) => library.inputGradient(model, input, {}),
  "inputGradient(target 9)": ({ library, model }) => library.inputGradient(model, input, { target: 9 }),
  "layerGradient(no layer)": ({ library, model }) =>
    library.layerGradient(model, input, { target: 0, layer: "featurs" }),
};

const explaining: Record<string, WrongInput> = Object.fromEntries(
  Object.entries({
    "{ method: grad-cat }": { method: "grad-cat" },
    "{ method: 7 }": { method: 7 },
    "{ method: vit-recipro-cam }": { method: "vit-recipro-cam" },
    "{ mode: grey-box }": { mode: "grey-box" },
    "{ preset: best }": { preset: "best" },
    "{ targets: tigre }": { targets: "tigre" },
    "{ targets: [] }": { targets: [] },
    "{ targets: top:0 }": { targets: "top:0" },
    "{ targets: top:many }": { targets: "top:many" },
    "{ targets: 99 }": { targets: 99 },
    "{ targets: null }": { targets: null },
    "{ target: tiger }": { target: "tiger" },
    "{ seed: text }": { seed: "a" },
    "{ seed: -1 }": { seed: -1 },
    "{ targetLayer: featurs }": { method: "recipro-cam", targetLayer: "featurs" },
    "{ rise, masks: 0 }": { method: "rise", masks: 0 },
    "{ rise, masks: text }": { method: "rise", masks: "many" },
    "{ rise, cells: 1 }": { method: "rise", cells: 1 },
    "{ rise, probabilty }": { method: "rise", probabilty: 0.5 },
    "{ occlusion, window: -1 }": { method: "occlusion", window: -1 },
    "{ occlusion, fill: pink }": { method: "occlusion", fill: "pink" },
    "{ lime, segments: text }": { method: "lime", segments: "squares" },
    "{ integrated-gradients, steps: 0 }": { method: "integrated-gradients", steps: 0 },
    "{ integrated-gradients, baseline }": { method: "integrated-gradients", baseline: "pink" },
    "{ signal: aborted }": { signal: AbortSignal.abort() },
  }).map(([name, options]) => [
    `explain(${name})`,
    ({ library, model }) => library.explain(model, picture, { method: "recipro-cam", ...options }),
  ]),
);

const showing: Record<string, WrongInput> = {
  "explain(no model)": ({ library }) => library.explain(undefined, picture),
  "explain([])": ({ library, model }) => library.explain(model, [], { method: "recipro-cam" }),
  "explain([picture, missing])": ({ library, model, at }) =>
    library.explain(model, [picture, at("no-cat.png")], { method: "recipro-cam" }),
  "explain(picture, text)": ({ library, model }) => library.explain(model, picture, "rise"),
  "explain({ onProgress: 7 })": ({ library, model }) =>
    library.explain(model, picture, { method: "rise", onProgress: 7 }),
  "explanation.map(tigre)": ({ explanation }) => explanation.map("tigre"),
  "explanation.map(4)": ({ explanation }) => explanation.map(4),
  "explanation.map().resize(0, 5)": ({ explanation }) => explanation.map().resize(0, 5),
  "explanation.save(a file)": ({ explanation, at }) => explanation.save(at("cat.png")),
  "explanation.save()": ({ explanation }) => explanation.save(),
  "explanation.save({ prefix: 7 })": ({ explanation, at }) => explanation.save(at("maps"), { prefix: 7 }),
  "explanation.save({ prefx })": ({ explanation, at }) => explanation.save(at("maps"), { prefx: "a" }),
  "Explanation.fromJSON(null)": ({ library }) => library.Explanation.fromJSON(null),
  "Explanation.fromJSON({})": ({ library }) => library.Explanation.fromJSON({}),
  "Explanation.fromJSON(text)": ({ library, explanation }) => library.Explanation.fromJSON(JSON.stringify(explanation)),
  "Explanation.fromJSON(of the future)": ({ library, explanation }) =>
    library.Explanation.fromJSON({ ...explanation.toJSON(), formatVersion: 2 }),
  "Explanation.fromJSON(a map without pixels)": ({ library, explanation }) =>
    library.Explanation.fromJSON({ ...explanation.toJSON(), maps: [{ width: 1, height: 1, signed: true }] }),
  "Explanation.fromJSON(cut)": ({ library, explanation }) =>
    library.Explanation.fromJSON({ ...JSON.parse(JSON.stringify(explanation)), targets: undefined }),
  "visualize()": ({ library }) => library.visualize(),
  "visualize([])": ({ library }) => library.visualize([]),
  "visualize(null as config)": ({ library, explanation }) => library.visualize(explanation, null),
  "visualize(toJSON())": ({ library, explanation }) => library.visualize(explanation.toJSON()),
  "new SaliencyMap(too short)": ({ library }) =>
    new library.SaliencyMap({ data: new Float32Array(2), width: 2, height: 2, signed: true }),
  "visualize({ type: overlays })": ({ library, explanation }) => library.visualize(explanation, { type: "overlays" }),
  "visualize({ color_map: jett })": ({ library, explanation }) => library.visualize(explanation, { color_map: "jett" }),
  "visualize({ colormap })": ({ library, explanation }) => library.visualize(explanation, { colormap: "jet" }),
  "visualize({ columns: 0 })": ({ library, explanation }) => library.visualize(explanation, { columns: 0 }),
  "visualize({ targets: 4 })": ({ library, explanation }) => library.visualize(explanation, { targets: 4 }),
  "visualize({ clip_below_percentile: 200 })": ({ library, explanation }) =>
    library.visualize(explanation, { clip_below_percentile: 200 }),
  "figure.save(no folder)": async ({ library, explanation, at }) =>
    (await library.visualize(explanation)).save(at("no/such/folder.png")),
  "exportHtml(missing)": ({ library, at }) => library.exportHtml(at("no.ipynb"), at("page.html")),
  "exportHtml(text)": ({ library, at }) => library.exportHtml(at("text.ipynb"), at("page.html")),
  "figure.save()": async ({ library, explanation }) => (await library.visualize(explanation)).save(),
  "exportHtml([])": ({ library, at }) => library.exportHtml([], at("page.html")),
  "exportHtml([7])": ({ library, at }) => library.exportHtml([7], at("page.html")),
  "exportHtml(no path)": ({ library, widgets }) => library.exportHtml(new widgets.IntSlider()),
  "exportHtml({ titel })": ({ library, widgets, at }) =>
    library.exportHtml(new widgets.IntSlider(), at("page.html"), { titel: "Maps" }),
  "insertXai(no options)": ({ library, at }) => library.insertXai(at("model.onnx")),
  "insertXai({ layer })": ({ library, at }) =>
    library.insertXai(at("model.onnx"), { method: "recipro-cam", layer: "features" }),
  "exportHtml(null)": ({ library, at }) => library.exportHtml(null, at("page.html")),
  "insertXai(no method)": ({ library, at }) => library.insertXai(at("model.onnx"), { method: "grad-cat" }),
};

const measuring: Record<string, WrongInput> = {
  "evaluate([])": ({ library, model }) => library.evaluate(model, picture, []),
  "evaluate()": ({ library }) => library.evaluate(),
  "evaluate(toJSON())": ({ library, model, explanation }) => library.evaluate(model, picture, explanation.toJSON()),
  "evaluate(null as options)": ({ library, model, explanation }) => library.evaluate(model, picture, explanation, null),
  "evaluate({ metrics: text })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: "insertion" }),
  "evaluate({ metrics: [] })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: [] }),
  "evaluate({ metrics: [null] })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: [null] }),
  "evaluate({ mask: text })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["iou"], mask: "mask.png" }),
  "evaluate({ box: [] })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["iou"], box: [] }),
  "evaluate({ seed: text })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["cost"], seed: "a" }),
  "evaluate({ metrics: [insert] })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["insert"] }),
  "evaluate({ metrics: [pointing] })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["pointing"] }),
  "evaluate({ metrics: [agreement] })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["agreement"] }),
  "evaluate({ metric })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metric: "cost" }),
  "evaluate({ nulls: -1 })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: ["cost"], nulls: -1 }),
  "evaluate({ mask: other size })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, {
      metrics: ["iou"],
      mask: { mask: new Uint8Array(4), width: 2, height: 2 },
    }),
  "evaluate({ box: outside })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, {
      metrics: ["iou"],
      box: { x: 90, y: 90, width: 5, height: 5 },
    }),
  "evaluate({ pointing, tolerence })": ({ library, model, explanation }) =>
    library.evaluate(model, picture, explanation, { metrics: [{ name: "pointing", tolerence: 5 }], mask: whole }),
  "result.get(no metric)": async ({ library, model, explanation }) =>
    (await library.evaluate(model, picture, explanation, { metrics: ["cost"] })).get("insertion"),
  "compare({ methods: [] })": ({ library, model }) => library.compare(model, picture, { methods: [] }),
  "compare({ methods: [grad-cat] })": ({ library, model }) =>
    library.compare(model, picture, { methods: ["grad-cat"] }),
  "compare({ methods: text })": ({ library, model }) => library.compare(model, picture, { methods: "rise" }),
  "compare({ methods: [{ rise, mask }] })": ({ library, model }) =>
    library.compare(model, picture, { methods: [{ method: "rise", mask: 3 }] }),
  "compare({ seeed })": ({ library, model }) => library.compare(model, picture, { methods: ["recipro-cam"], seeed: 1 }),
  "compare({ targets: tigre })": ({ library, model }) =>
    library.compare(model, picture, { methods: ["recipro-cam"], targets: "tigre" }),
  "compare({ preset: best })": ({ library, model }) =>
    library.compare(model, picture, { methods: ["recipro-cam"], preset: "best" }),
  "compare({ method })": ({ library, model }) => library.compare(model, picture, { method: "rise" }),
  "testClaim()": ({ library }) => library.testClaim(),
  "testClaim({ fil })": ({ library, model }) => library.testClaim(model, picture, whole, { fil: "blur" }),
  "testClaim({ seed: text })": ({ library, model }) => library.testClaim(model, picture, whole, { seed: "a" }),
  "describeClaim({})": ({ library }) => library.describeClaim({}),
  "testClaim({})": ({ library, model }) => library.testClaim(model, picture, {}),
  "testClaim(empty region)": ({ library, model }) =>
    library.testClaim(model, picture, { ...whole, mask: new Uint8Array(32 * 32) }),
  "testClaim({ action: paint })": ({ library, model }) => library.testClaim(model, picture, whole, { action: "paint" }),
  "testClaim({ fill: pink })": ({ library, model }) => library.testClaim(model, picture, whole, { fill: "pink" }),
  "boxRegion(outside)": ({ library, model }) =>
    library.boxRegion({ x: 2, y: 2, width: 1, height: 1 }, model.info.input),
  "boxRegion(pixels)": ({ library, model }) =>
    library.boxRegion({ x: 8, y: 8, width: 16, height: 16 }, model.info.input),
  "boxRegion({ x })": ({ library, model }) => library.boxRegion({ x: 0 }, model.info.input),
  "boxRegion(no view)": ({ library }) => library.boxRegion({ x: 0, y: 0, width: 1, height: 1 }),
  "topRegion(explanation)": ({ library, model, explanation }) => library.topRegion(explanation, 0.1, model.info.input),
  "agreement(maps of two sizes)": ({ library }) =>
    library.agreement(["a", "b"], [new Float32Array(2), new Float32Array(3)]),
  "agreement(SaliencyMap)": ({ library, explanation }) => library.agreement(["a"], [explanation.map()]),
  "topRegion(share 2)": ({ library, model, explanation }) => library.topRegion(explanation.map(), 2, model.info.input),
  "summarise([])": ({ library }) => library.summarise([]),
  "summarise(one)": async ({ library, model, explanation }) =>
    library.summarise(await library.evaluate(model, picture, explanation, { metrics: ["cost"] })),
  "summarise([{}])": ({ library }) => library.summarise([{}]),
  "caseOf(text)": ({ library }) => library.caseOf("cat"),
  "caseOf({ hgh })": ({ library }) => library.caseOf([{ index: 0, label: "cat", probability: 0.5 }], "cat", { hgh: 1 }),
  "caseOf({ high: 2 })": ({ library }) =>
    library.caseOf([{ index: 0, label: "cat", probability: 0.5 }], "cat", { high: 2 }),
  "caseOf([])": ({ library }) => library.caseOf([]),
};

const auditing: Record<string, WrongInput> = {
  "audit(missing folder)": ({ library, model, at }) => library.audit(model, at("no-photos"), { out: at("audit") }),
  "audit(no out)": ({ library, model, at }) => library.audit(model, at("photos")),
  "audit(empty folder)": ({ library, model, at }) => library.audit(model, at("nothing"), { out: at("audit") }),
  "audit(list without paths)": ({ library, model, at }) => library.audit(model, at("odd.csv"), { out: at("audit") }),
  "audit(null)": ({ library, model, at }) => library.audit(model, null, { out: at("audit") }),
  "audit({ method: grad-cat })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), method: "grad-cat" }),
  "audit({ truth: missing })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), truth: at("no.csv") }),
  "audit({ shards without a queue })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), shards: "s3://bucket/audit" }),
  "audit({ concurrency: text })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), concurrency: "two" }),
  "audit({ thresholds: { high: text } })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), thresholds: { high: "very" } }),
  "audit({ options: 7 })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), options: 7 }),
  "audit({ shortcuts: 7 })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit"), shortcuts: 7 }),
  "audit({ truth: 7 })": ({ library, model, at }) => library.audit(model, at("photos"), { out: at("audit"), truth: 7 }),
  "audit(no model)": ({ library, at }) => library.audit({}, at("photos"), { out: at("audit") }),
  "findShortcuts(a path)": ({ library, model, at }) => library.findShortcuts(model, at("photos")),
  "audit({ outt })": ({ library, model, at }) => library.audit(model, at("photos"), { outt: at("audit") }),
  "audit({ slices: no audit })": ({ library, model, at }) =>
    library.audit(model, at("photos"), { out: at("audit-2"), slices: at("nothing"), method: "recipro-cam" }),
  "openAudit(missing)": ({ library, at }) => library.openAudit(at("no-audit")),
  "openAudit(a folder)": ({ library, at }) => library.openAudit(at("photos")),
  "openAudit(null)": ({ library }) => library.openAudit(null),
  "workOnAudits(no options)": ({ library, model }) => library.workOnAudits(model),
  "workOnAudits(no queue)": ({ library, model }) => library.workOnAudits(model, {}),
  "workOnAudits(http:)": ({ library, model }) => library.workOnAudits(model, { queue: "http://localhost" }),
};

const inWidgets: Record<string, WrongInput> = {
  "new SaliencyViewer({})": ({ widgets }) => new widgets.SaliencyViewer({}),
  "new SaliencyViewer(null)": ({ widgets }) => new widgets.SaliencyViewer(null),
  "new SaliencyViewer({ targt })": ({ widgets, explanation }) =>
    new widgets.SaliencyViewer(explanation, { targt: "cat" }),
  "new SaliencyViewer({ methods: 7 })": ({ widgets, explanation }) =>
    new widgets.SaliencyViewer(explanation, { methods: 7 }),
  "new SaliencyViewer({ model: 7 })": ({ widgets, explanation }) =>
    new widgets.SaliencyViewer(explanation, { model: 7 }),
  "new CaseBrowser()": ({ widgets }) => new widgets.CaseBrowser(),
  "new CaseBrowser([explanation])": ({ widgets, explanation }) => new widgets.CaseBrowser([explanation]),
  "new CaseBrowser([{}])": ({ widgets }) => new widgets.CaseBrowser([{}]),
  "new CaseBrowser({ high: 2 })": ({ widgets, explanation }) =>
    new widgets.CaseBrowser([widgets.CaseBrowser.item(explanation)], { high: 2 }),
  "CaseBrowser.item({})": ({ widgets }) => widgets.CaseBrowser.item({}),
  "new CurveScrubber()": ({ widgets }) => new widgets.CurveScrubber(),
  "new CurveScrubber([])": ({ widgets, model }) => new widgets.CurveScrubber(model, picture, []),
  "new CurveScrubber({ baselines: [pink] })": ({ widgets, model, explanation }) =>
    new widgets.CurveScrubber(model, picture, explanation, { baselines: ["pink"] }),
  "new CurveScrubber({ steps })": ({ widgets, model, explanation }) =>
    new widgets.CurveScrubber(model, picture, explanation, { steps: 5 }),
  "new MethodComparison([explanation, {}])": ({ widgets, explanation }) =>
    new widgets.MethodComparison([explanation, {}]),
  "new MethodComparison({ seperate })": ({ widgets, explanation }) =>
    new widgets.MethodComparison([explanation, explanation], { seperate: true }),
  "new ProgressPanel()": ({ widgets }) => new widgets.ProgressPanel(),
  "new CaseBrowser([])": ({ widgets }) => new widgets.CaseBrowser([]),
  "new MethodComparison([])": ({ widgets }) => new widgets.MethodComparison([]),
  "new TestTheClaim({})": ({ widgets }) => new widgets.TestTheClaim({}),
  "new TestTheClaim({ contrls })": ({ widgets, model, explanation }) =>
    new widgets.TestTheClaim(model, picture, explanation, { contrls: 5 }),
  "new PositiveNegativePanes({ zones: 0 })": ({ widgets, explanation }) =>
    new widgets.PositiveNegativePanes(explanation, { zones: 0 }),
  "new PositiveNegativePanes({})": ({ widgets }) => new widgets.PositiveNegativePanes({}),
  "new FloatText({ value: NaN })": ({ widgets }) => new widgets.FloatText({ value: Number.NaN }),
  "new IntSlider({ min: 10, max: 5 })": ({ widgets }) => new widgets.IntSlider({ min: 10, max: 5 }),
  "new FloatSlider({ max: Infinity })": ({ widgets }) => new widgets.FloatSlider({ max: Number.POSITIVE_INFINITY }),
  "new Dropdown({ value: unknown })": ({ widgets }) => new widgets.Dropdown({ options: ["a"], value: "b" }),
  "new IntSlider({ valeu })": ({ widgets }) => new widgets.IntSlider({ valeu: 3 }),
  "new IntSlider(7)": ({ widgets }) => new widgets.IntSlider(7),
  "new VBox([slider])": ({ widgets }) => new widgets.VBox([new widgets.IntSlider()]),
  "new VBox({ children: [7] })": ({ widgets }) => new widgets.VBox({ children: [7] }),
  "slider.get(valeu)": ({ widgets }) => new widgets.IntSlider().get("valeu"),
  "slider.observe(valeu)": ({ widgets }) => new widgets.IntSlider().observe("valeu", () => {}),
  "slider.observe(value)": ({ widgets }) => new widgets.IntSlider().observe("value"),
  "button.onClick()": ({ widgets }) => new widgets.Button().onClick(),
  "box.children = [box]": ({ widgets }) => {
    const box = new widgets.VBox();
    box.children = [box];
  },
  "link(unknown trait)": ({ widgets }) =>
    widgets.link(new widgets.IntSlider(), "valeu", new widgets.IntSlider(), "value"),
  "link(no widget)": ({ widgets }) => widgets.link({}, "value", new widgets.IntSlider(), "value"),
  "new FrontEndLink(unknown trait)": ({ widgets }) =>
    new widgets.FrontEndLink([new widgets.IntSlider(), "valeu"], [new widgets.IntSlider(), "value"]),
  "regionFromRuns(no runs)": ({ widgets }) => widgets.regionFromRuns(2, 2),
  "regionFromRuns(too long)": ({ widgets }) => widgets.regionFromRuns(2, 2, [9]),
};

/** Calls that must fail, by what they are given. */
const making: Record<string, WrongInput> = {
  "classroom.mark()": ({ library }) => library.classroom.mark(),
  "classroom.mark(path)": ({ library, at }) => library.classroom.mark(at(file)),
  "classroom.mark(a small picture)": ({ library }) =>
    library.classroom.mark({ data: new Uint8Array(300), width: 10, height: 10 }),
  "classroom.mark(picture, text)": ({ library }) => library.classroom.mark(picture, "left"),
  "pasteSticker()": ({ library }) => library.pasteSticker(),
  "pasteSticker(picture)": ({ library }) => library.pasteSticker(picture),
  "pasteSticker(picture, picture)": ({ library }) => library.pasteSticker(picture, picture, { x: 0, y: 0, size: 1 }),
  "pasteSticker(picture, sticker)": ({ library }) => library.pasteSticker(picture, library.classroom.sticker),
  "cutSticker(picture)": ({ library }) => library.cutSticker(picture),
  "cutSticker(picture, a mask of another size)": ({ library }) =>
    library.cutSticker(picture, { ...whole, mask: new Uint8Array(4) }),
  "cutSticker(picture, a mask of 0 and 255)": ({ library }) =>
    library.cutSticker(picture, { ...whole, mask: new Uint8Array(32 * 32).fill(255) }),
  "noiseSticker()": ({ library }) => library.noiseSticker(),
  "noiseSticker(huge)": ({ library }) => library.noiseSticker({ width: 1e6, height: 1e6 }),
  "regionToRuns()": ({ widgets }) => widgets.regionToRuns(),
  "regionToRuns(map)": ({ widgets, explanation }) => widgets.regionToRuns(explanation.map()),
  "regionFromRuns(fractions)": ({ widgets }) => widgets.regionFromRuns(2, 2, [1.5, 2.5]),
  "regionFromRuns(gigapixels)": ({ widgets }) => widgets.regionFromRuns(1e5, 1e5, [1e10]),
  "regionFromRuns(too short)": ({ widgets }) => widgets.regionFromRuns(2, 2, [1, 2]),
  "savedState()": ({ widgets }) => widgets.savedState(),
  "savedState(widget)": ({ widgets }) => widgets.savedState(new widgets.IntSlider()),
  "savedState([7])": ({ widgets }) => widgets.savedState([7]),
  "masked()": ({ model }) => model.masked(),
  "masked(no delta)": ({ model }) => model.masked({ count: 1, masks: { kind: "dense", data: new Float32Array(1024) } }),
  "masked(count: half)": ({ model }) =>
    model.masked({ delta: input, count: 0.5, masks: { kind: "dense", data: new Float32Array(1024) } }),
  "masked(masks of no kind)": ({ model }) => model.masked({ delta: input, count: 1, masks: new Float32Array(1024) }),
  "masked(masks without data)": ({ model }) => model.masked({ delta: input, count: 1, masks: { kind: "dense" } }),
  "masked(segments without labels)": ({ model }) =>
    model.masked({ delta: input, count: 1, masks: { kind: "segments", segments: 1, weights: new Float32Array(1) } }),
};

export const wrongInputs: Readonly<Record<string, WrongInput>> = {
  ...loading,
  ...pictures,
  ...answering,
  ...explaining,
  ...showing,
  ...measuring,
  ...auditing,
  ...inWidgets,
  ...making,
};

/** Arguments of the command line that must fail; `@` stands before a file of the folder, `MODEL` for the model. */
export const wrongCommands: readonly string[] = [
  "",
  "prdict",
  "predict",
  "predict @cat.png --modle x",
  "predict @cat.png --model nonsense",
  "predict @cat.png --model @missing.onnx",
  "predict @cat.png MODEL --top 0",
  "predict @cat.png MODEL --top many",
  "predict @no-cat.png MODEL",
  "predict @cat.png MODEL --preprocess torchvison",
  "predict @cat.png MODEL --preprocess {",
  "predict @cat.png MODEL --labels @no-labels.txt",
  "explain @cat.png MODEL --method grad-cat",
  "explain @cat.png MODEL --method recipro-cam --targets tigre",
  "explain @cat.png MODEL --method recipro-cam --set a",
  "explain @cat.png MODEL --preset best",
  "explain @cat.png MODEL --method recipro-cam --view colour=red --out @maps",
  "evaluate @cat.png MODEL --metrics insert",
  "evaluate @cat.png MODEL --box 1,2",
  "evaluate @cat.png MODEL --html @no/such/page.html",
  "models get nonsense",
  "models path nonsense",
  "convert @text.onnx @out.onnx",
  "audit @no-photos MODEL --out @audit",
  "audit compare @nothing @nothing",
  "audit slices @nothing",
  "notebook run @no.ipynb",
  "notebook run @text.ipynb",
  "notebook run @text.ipynb --parameters a",
  "kernel info --prefix @nothing",
  "start --listen here",
  "worker MODEL",
];

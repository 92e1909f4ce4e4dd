import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { random } from "../core/random.js";
import type { Tensor } from "../core/tensor.js";
import { type ClaimTest, describeClaim, type Region, testClaim } from "../evaluate/claim.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { ImageSource, PreparedImage, Rect } from "../image/types.js";
import type { MethodName } from "../methods/registry.js";
import { topPredictions } from "../model/ranking.js";
import type { Model, Prediction, Target } from "../model/types.js";
import { type Fill, fillTensor } from "../perturb/fill.js";
import { segment } from "../segment/index.js";
import { bytes } from "./buffers.js";
import { fallbackFigure } from "./fallback.js";
import { regionToRuns } from "./region-runs.js";
import { SightlineWidget, typeOf } from "./sightline-widget.js";
import { encodePng, type WireExplanation, type WireMap, wireExplanation, wireMap } from "./wire-explanation.js";

export type ClaimAction = "hide" | "keep" | "move";

/** One gesture and what came of it. */
export interface ClaimEntry {
  readonly action: ClaimAction;
  readonly fill: Fill;
  /** For `move`: how far, in pixels of the model's input. */
  readonly offset: readonly [right: number, down: number];
  /** The region as runs (see `regionFromRuns`). */
  readonly runs: readonly number[];
  readonly before: readonly Prediction[];
  readonly after: readonly Prediction[];
  readonly target: Prediction;
  readonly area: number;
  readonly change: number;
  /** The same change for regions of the same shape elsewhere. */
  readonly controls: readonly number[];
  /** Chance that such a region does at least as much; −1 until the controls are there. */
  readonly chance: number;
  /** Share of the map's evidence for the class that lies in the region, 0…1. */
  readonly claimed: number;
  readonly sentence: string;
}

export interface TestTheClaimTraits {
  explanation: readonly WireExplanation[];
  /** Width and height of the model's input: the grid of all regions. */
  grid: readonly [width: number, height: number];
  /** Segment of each pixel of the grid, int32. */
  segments: Uint8Array;
  target: Prediction;
  history: readonly ClaimEntry[];
  /** Entry that is shown; −1 for none. */
  at: number;
  /** What the model saw in that entry, as PNG. */
  changed: Uint8Array;
  /** Map of the changed picture minus the map of the picture. */
  difference: readonly WireMap[];
  state: "ready" | "working" | "failed";
  message: string;
}

export interface TestTheClaimOptions {
  /** The class that is watched; the explanation's first target when absent. */
  target?: Target;
  /** Regions of the same shape elsewhere that each gesture is compared with; default 50. */
  controls?: number;
  /** Number of segments that a click can choose from; default 60. */
  segments?: number;
}

const FILLS: readonly Fill[] = ["black", "blur", "mean", "noise"];

/**
 * Hide a part of the picture (or everything else, or move the part) and see at once what the model says: whether what
 * the map claims is true. Every answer comes with the same for regions of the same shape elsewhere.
 *
 * @example
 * const test = new TestTheClaim(model, "cat.jpg", await explain(model, "cat.jpg"));
 * test                         // shows it
 * test.history.at(-1)?.chance  // what the reader found
 */
export class TestTheClaim extends SightlineWidget<TestTheClaimTraits> {
  declare readonly history: readonly ClaimEntry[];
  readonly #model: Model;
  readonly #image: ImageSource;
  readonly #explanation: Explanation;
  readonly #controls: number;
  readonly #parts: number;
  #prepared: PreparedImage | undefined;
  #work: AbortController | undefined;

  constructor(model: Model, image: ImageSource, explanation: Explanation, options: TestTheClaimOptions = {}) {
    const { target, controls = 50, segments = 60 } = options;
    const { width, height } = model.info.input;
    super({
      kind: "test-the-claim",
      defaults: {
        explanation: [],
        grid: [width, height],
        segments: new Uint8Array(0),
        target: explanation.targets[explanation.indexOf(target)],
        history: [],
        at: -1,
        changed: new Uint8Array(0),
        difference: [],
        state: "ready",
        message: "",
      },
    });
    this.#model = model;
    this.#image = image;
    this.#explanation = explanation;
    this.#controls = controls;
    this.#parts = segments;
    this.onMessage((content, buffers) => {
      if (typeOf(content) === "test") return this.#fromGesture(content as Record<string, unknown>, buffers[0]);
      if (typeOf(content) === "clear") this.set({ history: [], at: -1, changed: new Uint8Array(0), difference: [] });
    });
  }

  /**
   * Tests a region as if the reader had drawn it; the latest test wins and earlier ones are dropped.
   * @returns the entry, also in `history`; undefined when a later test took its place
   */
  async test(
    region: Region,
    { action = "hide", fill = "blur", offset = [0, 0] }: Partial<Pick<ClaimEntry, "action" | "fill" | "offset">> = {},
  ): Promise<ClaimEntry | undefined> {
    this.#work?.abort();
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.set({ state: "working", message: "" });
    try {
      const prepared = await this.#prepare();
      const target = this.get("target").index;
      const geometry = this.#model.info.input;
      const hidden = fillTensor({ input: prepared.tensor, geometry, fill: (c) => this.#model.fill(c) }, fill);
      const changed = compose(this.#model, prepared.tensor, hidden, region, action, offset);
      const ask = (controls: number): Promise<Omit<ClaimTest, "action">> =>
        action === "move"
          ? testMove(this.#model, prepared.tensor, hidden, region, { target, offset, controls, fill, signal })
          : testClaim(this.#model, prepared, region, { action, fill, target, controls, signal });
      const entry = (test: Omit<ClaimTest, "action">): ClaimEntry => ({
        action,
        fill,
        offset,
        runs: regionToRuns(region),
        before: test.before,
        after: test.after,
        target: test.target,
        area: test.area,
        change: test.change,
        controls: test.controls,
        chance: test.controls.length > 0 ? test.chance : -1,
        claimed: this.#claimed(region, target),
        sentence: describeClaim({ ...test, action: action === "move" ? "hide" : action }).replace(
          /^hiding/,
          action === "move" ? "moving" : "hiding",
        ),
      });
      const first = entry(await ask(0));
      if (signal.aborted) return undefined;
      const at = this.get("at") + 1;
      const keep = this.history.slice(0, at);
      this.set({ history: [...keep, first], at, difference: [] });
      this.set("changed", await encodePng(await this.#model.pixels({ ...prepared, tensor: changed })));
      const full = entry(await ask(this.#controls));
      if (signal.aborted) return undefined;
      this.set("history", [...keep, full]);
      const difference = await this.#difference(changed, signal);
      if (signal.aborted) return undefined;
      this.set({ difference, state: "ready" });
      return full;
    } catch (error) {
      if (signal.aborted) return undefined;
      this.set({ state: "failed", message: error instanceof Error ? error.message : String(error) });
      if (!(error instanceof SightlineError)) throw error;
      return undefined;
    }
  }

  /** The history as TypeScript that does it all again. */
  code(): string {
    const [width, height] = this.get("grid");
    const lines = this.history.map(({ action, fill, offset, runs }) => {
      const options = JSON.stringify({ action, fill, ...(action === "move" && { offset }) });
      return `await test.test(regionFromRuns(${width}, ${height}, ${JSON.stringify(runs)}), ${options});`;
    });
    return [
      'import { regionFromRuns, TestTheClaim } from "sightline/widgets";',
      "const test = new TestTheClaim(model, image, explanation);",
      ...lines,
    ].join("\n");
  }

  override async prepare(): Promise<void> {
    if (this.get("explanation").length > 0) return;
    const prepared = await this.#prepare();
    const pixels = await this.#model.pixels(prepared);
    const { labels } = segment(pixels, "slic", this.#parts);
    this.set({ explanation: [await wireExplanation(this.#explanation)], segments: bytes(labels) });
  }

  protected override async fallback(): Promise<MimeBundle> {
    const sentences = this.history.map(({ sentence }) => sentence).join("\n");
    return {
      ...(await fallbackFigure(this.#explanation, { targets: [this.get("target").index] })),
      ...(sentences && { "text/plain": sentences }),
    };
  }

  protected override dispose(): void {
    this.#work?.abort();
  }

  async #prepare(): Promise<PreparedImage> {
    this.#prepared ??= await this.#model.prepare(this.#image);
    return this.#prepared;
  }

  async #fromGesture(message: Record<string, unknown>, bytes: Uint8Array | undefined): Promise<void> {
    const { action, fill, offset, at } = message;
    const [width, height] = this.get("grid");
    const whole = (value: unknown) => (Number.isInteger(value) ? (value as number) : 0);
    const shift = Array.isArray(offset) ? offset : [];
    if (bytes?.length !== width * height) return;
    if (Number.isInteger(at)) this.set("at", Math.min(this.history.length - 1, Math.max(-1, at as number)));
    await this.test(
      { mask: bytes.map((value) => (value ? 1 : 0)), width, height },
      {
        action: action === "keep" || action === "move" ? action : "hide",
        fill: FILLS.find((known) => known === fill) ?? "blur",
        offset: [whole(shift[0]), whole(shift[1])],
      },
    );
  }

  #claimed({ mask, width, height }: Region, target: number): number {
    const { data } = this.#explanation.map(target).resize(width, height);
    let inside = 0;
    let all = 0;
    data.forEach((value, i) => {
      const evidence = Math.max(0, value);
      all += evidence;
      if (mask[i]) inside += evidence;
    });
    return all > 0 ? inside / all : 0;
  }

  async #difference(changed: Tensor, signal: AbortSignal): Promise<WireMap[]> {
    const { method, options, seed } = this.#explanation.provenance;
    const target = this.get("target").index;
    if (!this.#model.info.methods.some((known) => known.method === method && known.supported)) return [];
    const { targetLayer } = options;
    const after = await explain(this.#model, changed, {
      method: method as MethodName,
      targets: target,
      preset: "speed",
      seed,
      signal,
      ...(typeof targetLayer === "string" && { targetLayer }),
    } as never);
    const map = after.map(target);
    const { data } = this.#explanation.map(target).resize(map.width, map.height);
    return [
      { ...wireMap(map), data: bytes(map.data.map((value, i) => value - data[i])), signed: true, regions: undefined },
    ];
  }
}

/** The model's input after a gesture. */
function compose(
  model: Model,
  input: Tensor,
  hidden: Tensor,
  region: Region,
  action: ClaimAction,
  offset: readonly [number, number],
): Tensor {
  const { layout, channels } = model.info.input;
  const { mask, width, height } = region;
  const size = width * height;
  const pixelOf = (i: number) => (layout === "nchw" ? i % size : Math.floor(i / channels));
  if (action !== "move") {
    const inside = action === "hide" ? hidden : input;
    const outside = action === "hide" ? input : hidden;
    return { data: input.data.map((_, i) => (mask[pixelOf(i)] ? inside : outside).data[i]), dims: input.dims };
  }
  const data = input.data.map((value, i) => (mask[pixelOf(i)] ? hidden.data[i] : value));
  const [right, down] = offset;
  const step = layout === "nchw" ? 1 : channels;
  for (let i = 0; i < data.length; i++) {
    const p = pixelOf(i);
    const x = (p % width) + right;
    const y = Math.floor(p / width) + down;
    if (mask[p] && x >= 0 && x < width && y >= 0 && y < height) data[i + (down * width + right) * step] = input.data[i];
  }
  return { data, dims: input.dims };
}

/** What moving a region does, beside moving it to random places. */
async function testMove(
  model: Model,
  input: Tensor,
  hidden: Tensor,
  region: Region,
  options: { target: number; offset: readonly [number, number]; controls: number; fill: Fill; signal: AbortSignal },
): Promise<Omit<ClaimTest, "action">> {
  const { target: index, offset, controls, fill, signal } = options;
  const { width, height, mask } = region;
  const box = bounds(region);
  const source = random(0);
  const offsets = [
    offset,
    ...Array.from({ length: controls }, (): [number, number] => [
      source.integer(width - box.width + 1) - box.x,
      source.integer(height - box.height + 1) - box.y,
    ]),
  ];
  const before = model.probabilities(await model.run(input, { signal })).data;
  const after: Float32Array[] = [];
  const batch = Math.max(1, await model.batchSize());
  for (let start = 0; start < offsets.length; start += batch) {
    const some = offsets.slice(start, start + batch);
    const data = new Float32Array(some.length * input.data.length);
    for (const [i, to] of some.entries())
      data.set(compose(model, input, hidden, region, "move", to).data, i * input.data.length);
    const scores = model.probabilities(
      await model.run({ data, dims: [some.length, ...input.dims.slice(1)] }, { signal }),
    );
    const classes = scores.dims[1];
    for (const i of some.keys()) after.push(scores.data.slice(i * classes, (i + 1) * classes));
  }
  const [change, ...rest] = after.map((scores) => scores[index] - before[index]);
  return {
    fill,
    area: mask.reduce((sum, inside) => sum + inside, 0) / mask.length,
    target: { index, label: model.labels[index], probability: before[index] },
    before: topPredictions(model.labels, before, 5),
    after: topPredictions(model.labels, after[0], 5),
    change,
    controls: rest,
    chance: (1 + rest.filter((value) => value <= change).length) / (1 + controls),
  };
}

function bounds({ mask, width }: Region): Rect {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  mask.forEach((inside, p) => {
    if (!inside) return;
    const [x, y] = [p % width, Math.floor(p / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  });
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, type Limits } from "../core/options.js";
import type { Tensor } from "../core/tensor.js";
import { testClaim } from "../evaluate/claim.js";
import { type ClaimTest, describeClaim } from "../evaluate/claim-test.js";
import type { Region } from "../evaluate/region.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { checkExplanation } from "../explanation/check-explanation.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import type { MethodName } from "../methods/registry.js";
import { checkClassifier } from "../model/check-model.js";
import type { Model, Prediction, Target } from "../model/types.js";
import { type Fill, fillTensor } from "../perturb/fill.js";
import { probability } from "../render/format.js";
import { segment } from "../segment/index.js";
import { bytes } from "./buffers.js";
import { claimCode } from "./claim-code.js";
import { fallbackFigure } from "./fallback.js";
import { applyGesture, type Gesture, testMove } from "./gesture.js";
import { regionToRuns } from "./region-runs.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { isIndex, messageOf } from "./trait-values.js";
import type { ClaimEntry, TestRequest, TestTheClaimTraits, WireMap } from "./traits/index.js";
import { encodePng, wireExplanation, wireMap } from "./wire-explanation.js";

/** Options of {@link TestTheClaim}. */
export interface TestTheClaimOptions extends HoldOption {
  /** The class that is watched; the explanation's first target when absent. */
  target?: Target;
  /** Regions of the same shape elsewhere that each gesture is compared with; default 50. */
  controls?: number;
  /** Number of segments that a click can choose from; default 60. */
  segments?: number;
}

const LIMITS: Limits<Omit<TestTheClaimOptions, "target" | "hold">> = {
  controls: { from: 0, to: 1e5, whole: true },
  segments: { from: 1, whole: true },
};
const FILLS: readonly Fill[] = ["black", "blur", "mean", "noise"];

/**
 * Hide a part of the picture (or everything else, or move the part) and see at once what the model says: whether what
 * the map claims is true. Every answer comes with the same for regions of the same shape elsewhere.
 * @example
 * const test = new TestTheClaim(model, "cat.png", explanation);
 * test;                                                       // shows it
 * test.history.at(-1)?.chance;                                // what the reader found
 */
export class TestTheClaim extends SightlineWidget<TestTheClaimTraits> {
  declare readonly history: readonly ClaimEntry[];
  readonly #model: Model;
  readonly #image: ImageSource;
  readonly #explanation: Explanation;
  readonly #controls: number;
  readonly #parts: number;
  /** Whether the class is that of a region, of which the model may have another. */
  readonly #regional: boolean;
  #prepared: PreparedImage | undefined;
  #work: AbortController | undefined;

  constructor(model: Model, image: ImageSource, explanation: Explanation, options: TestTheClaimOptions = {}) {
    checkClassifier(model);
    checkExplanation(explanation);
    checkKeys(options, ["target", "controls", "segments", "hold"], "TestTheClaim");
    checkOptions("TestTheClaim", LIMITS, options);
    const { target, controls = 50, segments = 60, hold } = options;
    const { width, height } = model.info.input;
    const { within, ...watched } = explanation.targets[explanation.indexOf(target)];
    super({
      kind: "test-the-claim",
      hold,
      defaults: {
        explanation: [],
        grid: [width, height],
        segments: new Uint8Array(0),
        target: watched,
        history: [],
        at: null,
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
    this.#regional = within !== undefined;
    this.onMessage((content, buffers) => {
      if (typeOf(content) === "test") return this.#fromRequest(content as Partial<TestRequest>, buffers[0]);
      if (typeOf(content) === "clear") this.set({ history: [], at: null, changed: new Uint8Array(0), difference: [] });
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
      const entry = await this.#carryOut({ action, region, offset }, fill, signal);
      return signal.aborted ? undefined : entry;
    } catch (error) {
      if (signal.aborted) return undefined;
      this.set({ state: "failed", message: messageOf(error) });
      if (!(error instanceof SightlineError)) throw error;
      return undefined;
    }
  }

  /** Asks the model at once, then for the control regions, then for the map of the changed picture. */
  async #carryOut(gesture: Gesture, fill: Fill, signal: AbortSignal): Promise<ClaimEntry | undefined> {
    const prepared = await this.#prepare();
    const input = prepared.tensor;
    const geometry = this.#model.info.input;
    const hidden = fillTensor({ input, geometry, fill: (colour) => this.#model.fill(colour) }, fill);
    const target = this.get("target").index;
    const ask = async (controls: number): Promise<ClaimEntry> => {
      const { action, region } = gesture;
      const options = { fill, target, controls, signal };
      if (action === "move") {
        return this.#entry(gesture, await testMove(this.#model, { input, hidden }, gesture, options));
      }
      return this.#entry(gesture, await testClaim(this.#model, prepared, region, { ...options, action }));
    };
    const first = await ask(0);
    if (signal.aborted) return undefined;
    if (this.#regional) checkSameRegion(this.get("target"), first.target);
    const at = (this.get("at") ?? -1) + 1;
    const earlier = this.history.slice(0, at);
    this.set({ history: [...earlier, first], at, difference: [] });
    const changed = applyGesture(this.#model, { input, hidden }, gesture);
    this.set("changed", await encodePng(await this.#model.pixels({ ...prepared, tensor: changed })));
    const full = await ask(this.#controls);
    if (signal.aborted) return undefined;
    this.set("history", [...earlier, full]);
    const difference = await this.#difference(changed, signal);
    if (signal.aborted) return undefined;
    this.set({ difference, state: "ready" });
    return full;
  }

  #entry({ action, region, offset }: Gesture, test: Omit<ClaimTest, "action">): ClaimEntry {
    const { fill, before, after, target, area, change, controls, chance } = test;
    const sentence = describeClaim({ ...test, action: action === "keep" ? "keep" : "hide" });
    return {
      action,
      fill,
      offset,
      runs: regionToRuns(region),
      before,
      after,
      target,
      area,
      change,
      controls,
      chance: controls.length > 0 ? chance : null,
      claimed: this.#claimed(region, target.index),
      sentence: action === "move" ? sentence.replace(/^hiding/, "moving") : sentence,
    };
  }

  /** The history as TypeScript that does it all again. */
  code(): string {
    return claimCode(this.get("grid"), this.history);
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

  async #fromRequest(message: Partial<TestRequest>, bytes: Uint8Array | undefined): Promise<void> {
    const { action, fill, offset, at } = message;
    const [width, height] = this.get("grid");
    const whole = (value: unknown) => (Number.isInteger(value) ? (value as number) : 0);
    const shift = Array.isArray(offset) ? offset : [];
    if (bytes?.length !== width * height) return;
    if (at === null || isIndex(at, this.history.length)) this.set("at", at);
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

/** Scores of one region differ from those of another, as those of one picture do from those of another. */
const SAME_SCORE = 0.01;

/** @throws SightlineError `bad-config` where the model is not asked about the region that was explained */
function checkSameRegion(explained: Prediction, asked: Prediction): void {
  if (Math.abs(explained.probability - asked.probability) <= SAME_SCORE) return;
  throw new SightlineError(
    "bad-config",
    `the explanation is of another region or picture than the model is asked about`,
    {
      received: `${explained.label}, ${probability(explained.probability)} explained, ${probability(asked.probability)} by the model`,
      expected: "the model of regionAsClasses for the region that was explained",
      next: "explain with the model of that region, and give the same picture",
    },
  );
}

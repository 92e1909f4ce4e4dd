import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { checkOptions, type Limits, optionNames } from "../core/options.js";
import { type Progress, unwatched } from "../core/work.js";
import { type Region, topRegion } from "../evaluate/region.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { ImageSource, PreparedImage } from "../image/types.js";
import { find, type MethodName } from "../methods/registry.js";
import { checkClassifier } from "../model/check-model.js";
import type { Model, Target } from "../model/types.js";
import { FILLS, type Fill, fillable, fillTensor } from "../perturb/fill.js";
import { oneLine } from "../render/format.js";
import { evidence } from "../render/noise.js";
import { fallbackSentence } from "./fallback.js";
import { describeGuesses, type GuessPlan, passGuesses, ranksOf } from "./guess-passes.js";
import { PacedProgress } from "./paced-progress.js";
import { askedClass } from "./picture-answer.js";
import { regionToRuns } from "./region-runs.js";
import { shareCells } from "./share-region.js";
import { SightlineWidget, typeOf } from "./sightline-widget.js";
import { isIndex, messageOf } from "./trait-values.js";
import type { GuessAnswer, GuessFirstTraits } from "./traits/index.js";
import { encodePng, viewPicture, wireExplanation } from "./wire-explanation.js";

/** Options of {@link GuessFirst}. */
export interface GuessFirstOptions {
  /** The class that is asked about; the predicted one when absent. */
  target?: Target;
  /** Share of the picture that each guess covers, .01 to .5; default .15. */
  share?: number;
  /** Whose map is the answer; default "auto", as for `explain`. */
  method?: MethodName | "auto";
  /** What is shown where the picture is hidden; default "blur", as for `testClaim`. */
  fill?: Fill;
  /** Random regions that the guesses are compared with, and as many for the map's region; default 50. */
  controls?: number;
  /** Default 0. */
  seed?: number;
}

/** A guess and what hiding its region did. */
export interface GuessResult {
  readonly name: string;
  readonly region: Region;
  /** Probability of the class for the whole picture, 0…1. */
  readonly before: number;
  /** The same with the region hidden. */
  readonly after: number;
  /** 1 for the guess whose region matters most; equal ones share a rank. */
  readonly rank: number;
}

/** Most guesses of a round: what one screen shows. */
const MOST_GUESSES = 30;

/** Most characters of a name. */
const LONGEST_NAME = 40;

const LIMITS: Limits<Pick<GuessFirstOptions, "share" | "fill" | "controls" | "seed">> = {
  share: { from: 0.01, to: 0.5 },
  fill: FILLS,
  controls: { from: 0, to: 1000, whole: true },
  seed: { whole: true },
};

const OPTIONS = optionNames<GuessFirstOptions>({
  target: true,
  share: true,
  method: true,
  fill: true,
  controls: true,
  seed: true,
});

interface Guess {
  readonly name: string;
  readonly region: Region;
}

interface Revealed {
  readonly explanation: Explanation;
  readonly results: readonly GuessResult[];
  readonly answer: GuessAnswer;
}

/**
 * The plain photograph, and a question: which part of it decides? Everybody marks a region of the same area before
 * anybody sees a map. Reveal hides each of these regions, the map's own and random ones, asks the model again, and ranks
 * the guesses. Until then neither the map nor an earlier guess is sent to the page.
 * @example
 * const guess = new GuessFirst(model, "cat.png", { share: 0.15 });
 * await guess.add("Ada", shareRegion(0.15, { x: 0.5, y: 0.4 }, model.info.input));     // or by hand, in its view
 * await guess.reveal();
 * guess.results[0].after;                                       // probability without Ada's region
 * @throws SightlineError `unknown-label`, `index-out-of-range`, `unknown-method`, `unknown-option`, `bad-config`
 */
export class GuessFirst extends SightlineWidget<GuessFirstTraits> {
  /** Who has guessed. */
  declare readonly names: readonly string[];
  readonly #model: Model;
  readonly #image: ImageSource;
  readonly #options: Required<Omit<GuessFirstOptions, "target">>;
  /** Index of the class, where the reader chose one. */
  readonly #chosen: number | undefined;
  #prepared: PreparedImage | undefined;
  #guesses: readonly Guess[] = [];
  #results: readonly GuessResult[] = [];
  #explanation: Explanation | undefined;
  #work: AbortController | undefined;

  constructor(model: Model, image: ImageSource, options: GuessFirstOptions = {}) {
    checkClassifier(model);
    checkKeys(options, OPTIONS, "GuessFirst");
    checkOptions("GuessFirst", LIMITS, { ...options });
    const { target, share = 0.15, method = "auto", fill = "blur", controls = 50, seed = 0 } = options;
    if (method !== "auto") find(method);
    const { width, height } = model.info.input;
    super({
      kind: "guess-first",
      defaults: {
        picture: new Uint8Array(0),
        grid: [width, height],
        share,
        cells: shareCells(share, model.info.input),
        target: { index: 0, label: "", probability: 0 },
        fill,
        names: [],
        state: "guessing",
        progress: null,
        answer: [],
        message: "",
      },
    });
    this.#model = model;
    this.#image = image;
    this.#chosen = target === undefined ? undefined : model.classIndex(target);
    this.#options = { share, method, fill, controls, seed };
    this.onMessage((content, buffers) => this.#fromRequest(content, buffers[0]));
  }

  /** What came of each guess, best first; empty until Reveal. */
  get results(): readonly GuessResult[] {
    return this.#results;
  }

  /** The map's explanation; undefined until Reveal. */
  get explanation(): Explanation | undefined {
    return this.#explanation;
  }

  /** What the round came to, in a sentence; how many have guessed until Reveal. */
  describe(): string {
    const [answer] = this.get("answer");
    if (answer) return answer.sentence;
    const { length } = this.#guesses;
    return length === 1 ? "1 guess, not revealed yet" : `${length} guesses, not revealed yet`;
  }

  /**
   * Adds a guess as if somebody had drawn it.
   * @param name at most 40 characters are kept; the guess's number where it is empty
   * @param region covers exactly `share` of the model's input, see {@link shareRegion}
   * @throws SightlineError `shape-mismatch`, `bad-config`
   */
  add(name: string, region: Region): void {
    const [width, height] = this.get("grid");
    const { mask } = region;
    if (this.get("state") !== "guessing") {
      throw new SightlineError("bad-config", "the answer is on the page already", { next: "start a new round first" });
    }
    if (this.#guesses.length >= MOST_GUESSES) {
      throw new SightlineError("bad-config", `there are ${MOST_GUESSES} guesses already`, {
        next: "reveal, or start a new round",
      });
    }
    if (region.width !== width || region.height !== height || mask.length !== width * height) {
      throw new SightlineError("shape-mismatch", `a region of ${region.width} × ${region.height} pixels`, {
        received: [region.width, region.height],
        expected: `${width} × ${height}, the model's input`,
      });
    }
    const covered = mask.reduce((sum, inside) => sum + (inside ? 1 : 0), 0);
    if (covered !== this.get("cells")) {
      throw new SightlineError("bad-config", `a guess of ${covered} pixels`, {
        received: covered,
        expected: `${this.get("cells")}, ${Math.round(100 * this.get("share"))} % of the picture`,
        next: "shareRegion makes a box of that area",
      });
    }
    const kept = [...oneLine(name)].slice(0, LONGEST_NAME).join("") || String(this.#guesses.length + 1);
    const copy = { mask: mask.map((inside) => (inside ? 1 : 0)), width, height };
    this.#set([...this.#guesses, { name: kept, region: copy }]);
  }

  /**
   * Explains the picture, hides every region in turn, and shows what came of it.
   * @returns false when it was cancelled
   * @throws SightlineError `bad-config` without a guess; what `explain` throws
   */
  async reveal(): Promise<boolean> {
    if (this.#guesses.length === 0) {
      throw new SightlineError("bad-config", "nobody has guessed yet", { next: "mark a region, then press Guess" });
    }
    if (this.get("state") !== "guessing") return this.get("state") === "revealed";
    this.#work = new AbortController();
    const { signal } = this.#work;
    const paced = new PacedProgress(({ done, total, left }) => {
      if (!signal.aborted) this.set("progress", { done, total, left });
    });
    this.set({ state: "working", message: "", progress: { done: 0, total: 0, left: null } });
    try {
      const { explanation, results, answer } = await unwatched(() => this.#answer(signal, paced.add));
      signal.throwIfAborted();
      this.#explanation = explanation;
      this.#results = results;
      this.set({ state: "revealed", answer: [answer], progress: null });
      return true;
    } catch (error) {
      if (this.#work?.signal === signal) this.#withdraw();
      if (signal.aborted) return false;
      throw error;
    } finally {
      paced.stop();
    }
  }

  /** Drops all guesses and hides the answer again. */
  restart(): void {
    this.#cancel();
    this.#set([]);
  }

  override async prepare(): Promise<void> {
    if (this.get("picture").length > 0) return;
    const prepared = await this.#prepare();
    this.set({
      picture: await viewPicture({ pixels: prepared.picture.image, view: prepared.view }),
      target: await askedClass(this.#model, prepared, this.#chosen),
    });
  }

  protected override fallback(): Promise<MimeBundle> {
    return fallbackSentence(this.describe(), this.#explanation);
  }

  protected override dispose(): void {
    this.#work?.abort();
  }

  async #prepare(): Promise<PreparedImage> {
    this.#prepared ??= await this.#model.prepare(this.#image);
    return this.#prepared;
  }

  #cancel(): void {
    this.#work?.abort();
    this.#work = undefined;
    this.#withdraw();
  }

  /** Takes a guess back; where the page's list was older than ours, the guess is found by its name. */
  #forget(index: unknown, name: unknown): void {
    if (this.get("state") !== "guessing") return;
    const names = this.get("names");
    const same = isIndex(index, names.length) && names[index] === name;
    const at = same ? index : names.indexOf(typeof name === "string" ? name : "");
    if (at >= 0) this.#set(this.#guesses.filter((_, i) => i !== at));
  }

  /** Takes the answer back, here and from the page. */
  #withdraw(): void {
    this.#results = [];
    this.#explanation = undefined;
    this.set({ state: "guessing", answer: [], progress: null });
  }

  #set(guesses: readonly Guess[]): void {
    this.#guesses = guesses;
    this.set({ names: guesses.map(({ name }) => name), message: "" });
  }

  async #answer(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<Revealed> {
    await this.prepare();
    const prepared = await this.#prepare();
    const { share, method, fill, controls, seed } = this.#options;
    const { index, label, probability: before } = this.get("target");
    const options = { method, targets: index, seed, signal, onProgress };
    const explanation = await explain(this.#model, prepared, options as never);
    const map = topRegion(explanation.map(index), share, this.#model.info.input);
    const guesses = this.#guesses;
    const plan: GuessPlan = { guesses: guesses.map(({ region }) => region), map, target: index, fill, controls, seed };
    const scores = await passGuesses(this.#model, prepared, plan, { signal, progress: onProgress });
    const ranks = ranksOf(scores.guesses);
    const order = [...guesses.keys()].sort((a, b) => ranks[a] - ranks[b]);
    const results = order.map((i) => ({ ...guesses[i], before, after: scores.guesses[i], rank: ranks[i] }));
    const hidden = fillTensor(fillable(this.#model, prepared.tensor), fill);
    const names = guesses.map(({ name }) => name);
    const answer = {
      explanation: await wireExplanation(explanation),
      hidden: await encodePng(await this.#model.pixels({ ...prepared, tensor: hidden })),
      guesses: results.map(({ name, region, after, rank }) => ({ name, runs: regionToRuns(region), after, rank })),
      map: { runs: regionToRuns(map), after: scores.map },
      random: scores.random,
      randomOfMap: scores.randomOfMap,
      sentence: describeGuesses({ share, fill, label, before }, names, scores),
      notes: [...explanation.provenance.notes, ...flatness(explanation, index, before)],
    };
    return { explanation, results, answer };
  }

  async #fromRequest(content: unknown, mask: Uint8Array | undefined): Promise<void> {
    const { name, index } = (content ?? {}) as { name?: unknown; index?: unknown };
    try {
      switch (typeOf(content)) {
        case "guess": {
          const [width, height] = this.get("grid");
          this.add(typeof name === "string" ? name : "", { mask: mask ?? new Uint8Array(0), width, height });
          break;
        }
        case "forget":
          this.#forget(index, name);
          break;
        case "reveal":
          await this.reveal();
          break;
        case "restart":
          this.restart();
          break;
        case "cancel":
          if (this.get("state") === "working") this.#cancel();
      }
    } catch (error) {
      this.set("message", messageOf(error));
      if (!(error instanceof SightlineError)) throw error;
    }
  }
}

/** A note where the map says nothing, so that its region is wherever ties are broken. */
function flatness(explanation: Explanation, target: number, probability: number): string[] {
  if (evidence(explanation.map(target), probability).aboveNoise) return [];
  return ["the map has no evidence above noise: its region is no claim"];
}

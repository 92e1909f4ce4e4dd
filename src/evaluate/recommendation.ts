import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import { escapeHtml } from "../core/html.js";
import type { MethodName } from "../methods/registry.js";
import type { Estimate } from "./rank-statistics.js";
import { figureOf, htmlTable, markdownTable, numberCell, type Table } from "./table.js";

/**
 * What became of a method: "best" ranks first; "as good" cannot be told from it on these pictures, "worse" can;
 * "no better than chance" is not surely ahead of random maps; "ignores the weights" hardly
 * changes when they are shuffled; "does not hold still" changes with the seed or under small noise.
 */
export type Verdict =
  | "best"
  | "as good"
  | "worse"
  | "no better than chance"
  | "ignores the weights"
  | "does not hold still";

/** What one method, or one random baseline, reached. */
export interface RecommendationRow {
  /** A method, or "random maps" or "centred Gaussian". */
  readonly name: string;
  /** Mean rank over metrics and pictures, 1 is the best, with its 95 % interval over pictures. */
  readonly rank: Estimate;
  /** Means over pictures, by metric; infidelity relative to a map of zeros, cost in forward and backward passes a map. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Absent for baselines. */
  readonly verdict?: Verdict;
  /** Whether its rank is surely ahead of that of a Gaussian in the middle; absent for baselines. */
  readonly aheadOfCentre?: boolean;
}

/** A method that was not measured, and why. */
export interface LeftOut {
  readonly method: string;
  readonly reason: string;
}

/** Plain data of a {@link Recommendation}. */
export interface RecommendationJson {
  readonly model: { readonly name: string; readonly sha256: string };
  /** The method to use; absent where none can be recommended. */
  readonly method?: MethodName;
  readonly pictures: number;
  readonly seed: number;
  /** Which metrics the rank is made of. */
  readonly rankedBy: readonly string[];
  /** Best first, baselines among them. */
  readonly rows: readonly RecommendationRow[];
  readonly leftOut: readonly LeftOut[];
}

const COLUMNS = ["insertion", "deletion", "srg", "road", "infidelity", "sanity", "stability", "cost"] as const;
const ARROWS: Readonly<Record<(typeof COLUMNS)[number], string>> = {
  insertion: "↑",
  deletion: "↓",
  srg: "↑",
  road: "↓",
  infidelity: "↓",
  sanity: "↓",
  stability: "↑",
  cost: "↓",
};

/** Which method to use for a model, and why: a table, three sentences. Immutable; shows itself as the last value of a cell. */
export class Recommendation implements Displayable {
  readonly model: RecommendationJson["model"];
  readonly method?: MethodName;
  readonly pictures: number;
  readonly seed: number;
  readonly rankedBy: readonly string[];
  readonly rows: readonly RecommendationRow[];
  readonly leftOut: readonly LeftOut[];

  constructor({ model, method, pictures, seed, rankedBy, rows, leftOut }: RecommendationJson) {
    this.model = model;
    this.method = method;
    this.pictures = pictures;
    this.seed = seed;
    this.rankedBy = rankedBy;
    this.rows = rows;
    this.leftOut = leftOut;
    Object.freeze(this);
  }

  /** Which method to use, why not another, and which not to trust. */
  get sentences(): readonly [string, string, string] {
    return [this.#choice(), this.#others(), this.#warnings()];
  }

  /** One row a method, best first, the baselines among them; ranks with their intervals. */
  table(): Table {
    return {
      head: ["method", "mean rank", ...COLUMNS.map((name) => `${name} ${ARROWS[name]}`), "verdict"],
      rows: this.rows.map(({ name, rank, metrics, verdict }) => [
        { text: name },
        numberCell(rank.mean, `${figureOf(rank.low)} to ${figureOf(rank.high)}`),
        ...COLUMNS.map((metric) => (metric in metrics ? numberCell(metrics[metric]) : { text: "–" })),
        { text: verdict ?? "baseline" },
      ]),
    };
  }

  /** The sentences and the table as HTML. */
  html(): string {
    const left = this.leftOut.map(({ method, reason }) => `<li>${escapeHtml(method)}: ${escapeHtml(reason)}</li>`);
    const list = left.length > 0 ? `<details><summary>Left out</summary><ul>${left.join("")}</ul></details>` : "";
    return `<p>${this.sentences.map(escapeHtml).join(" ")}</p>\n${htmlTable(this.table())}\n${list}`;
  }

  /** The sentences and the table as Markdown. */
  markdown(): string {
    return `${this.sentences.join(" ")}\n\n${markdownTable(this.table())}`;
  }

  /** Plain data. */
  toJSON(): RecommendationJson {
    const { model, method, pictures, seed, rankedBy, rows, leftOut } = this;
    return { model, method, pictures, seed, rankedBy, rows, leftOut };
  }

  [displaySymbol](): MimeBundle {
    return { "text/html": this.html(), "text/plain": this.markdown() };
  }

  #named(...verdicts: readonly Verdict[]): readonly RecommendationRow[] {
    return this.rows.filter(({ verdict }) => verdict !== undefined && verdicts.includes(verdict));
  }

  #choice(): string {
    const measured = this.rows.filter(({ verdict }) => verdict !== undefined).length;
    const row = this.rows.find(({ name }) => name === this.method);
    const over = `over ${this.pictures} pictures`;
    if (!row) return `None of the ${measured} methods measured ${over} can be recommended for this model.`;
    const rank = `${figureOf(row.rank.mean)} (95 % interval ${figureOf(row.rank.low)} to ${figureOf(row.rank.high)})`;
    const beside = this.rows
      .filter(({ verdict }) => verdict === undefined)
      .map(({ name, rank: { mean } }) => `${name} ${figureOf(mean)}`);
    return `Use ${row.name}: ${over} its mean rank among ${this.rows.length} is ${rank} by ${listed(this.rankedBy)}; beside it, ${listed(beside)}${row.aheadOfCentre ? "" : ", of which it is not surely ahead of the Gaussian: add pictures whose object lies elsewhere"}.`;
  }

  #others(): string {
    const row = this.rows.find(({ name }) => name === this.method);
    if (!row) return `What is best in rank is ${this.rows[0].name}, which is not good enough.`;
    const alike = this.#named("best", "as good").filter(({ name }) => name !== this.method);
    if (alike.length === 0) return "No other method measured is as good on these pictures.";
    const names = listed(alike.map(({ name }) => name));
    const cheapest = `${figureOf(row.metrics.cost)} passes a map are the fewest among them`;
    return `These pictures do not tell it from ${names}; its ${cheapest}.`;
  }

  #warnings(): string {
    const why = (verdict: Verdict) => {
      const names = this.#named(verdict).map(({ name }) => name);
      return names.length > 0 ? [`${listed(names)} (${verdict})`] : [];
    };
    const warnings = (["ignores the weights", "does not hold still", "no better than chance"] as const).flatMap(why);
    return warnings.length > 0
      ? `Do not trust here: ${warnings.join("; ")}.`
      : "Every method measured beats its random baselines, depends on the weights and holds still.";
  }
}

/** "a, b and c". */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

import { Audit } from "../audit/audit.js";
import { checkKeys, checkList } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { CASE_THRESHOLDS, type Case, type CaseThresholds, caseOf, caseThresholds } from "../explain/cases.js";
import { explain } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { splitLabels } from "../explain/truth-text.js";
import { checkExplanation } from "../explanation/check-explanation.js";
import { ExplanationData } from "../explanation/explanation-data.js";
import type { RawImage } from "../image/types.js";
import { checkModel } from "../model/check-model.js";
import { answersOf, denial } from "../model/ranking.js";
import type { Model, Prediction } from "../model/types.js";
import { escapeHtml } from "./fallback.js";
import type { ShownCase } from "./shown-case.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { isIndex, messageOf } from "./trait-values.js";
import type { CaseBrowserTraits, WireCase } from "./traits/index.js";
import { thumbnail, wireExplanation } from "./wire-explanation.js";

/** One picture of a set: an explanation of it, or what is known without one. */
export interface CaseItem {
  readonly name: string;
  readonly image: RawImage;
  /** Most probable first. */
  readonly predictions: readonly Prediction[];
  /** Label of the true class, where it is known. */
  readonly truth?: string;
  readonly explanation?: Explanation;
}

/** Options of {@link CaseBrowser}. */
export interface CaseBrowserOptions extends Partial<CaseThresholds>, HoldOption {
  /** Of an audit, the audited one. Explains pictures that came without an explanation when the reader opens them. */
  model?: Model;
  /** Labels that the truth can be; those of the model, or all that occur, when absent. */
  labels?: readonly string[];
}

const THUMBNAIL = 112;
/** Pictures of an audit that one page shows; of more it would be slow. */
const MOST_OF_AUDIT = 2000;

/** Every answer that a model can give: its labels; of one class, that it is not, too. */
const answerLabels = ({ labels }: Model) => (labels.length === 1 ? [labels[0], denial(labels[0])] : labels);

/**
 * Pictures sorted into the situations in which a reader meets predictions (true or false, confident or not, mixed), by
 * thresholds on sliders. The truth can be set there and read back.
 * @example
 * const cases = new CaseBrowser([CaseBrowser.item(explanation, "boat")]);
 * cases.truths;                                               // as the reader corrected them
 * cases.cases();                                              // the case of each picture
 * @example
 * const cases = new CaseBrowser(await openAudit("audit/"));
 * await cases.prepare();                                      // as showing it does: reads the audit's pictures
 * console.log(cases.cases());
 */
export class CaseBrowser extends SightlineWidget<CaseBrowserTraits> {
  declare readonly truths: readonly string[];
  #cases: readonly ShownCase[];
  readonly #audit: Audit | undefined;
  readonly #model: Model | undefined;
  #opening: AbortController | undefined;

  /** An item made of an explanation and, where it is known, the truth. */
  static item(explanation: Explanation, truth?: string): CaseItem {
    checkExplanation(explanation);
    const { image } = explanation;
    const predictions = answersOf(explanation.predictions);
    return { name: image.name, image: image.pixels, predictions, truth, explanation };
  }

  /**
   * @param items what {@link CaseBrowser.item} gives, or a finished audit of at most 2,000 pictures, whose truths and
   *   thresholds are taken over
   * @throws SightlineError `bad-config`, `unknown-option`
   */
  constructor(items: readonly CaseItem[] | Audit, options: CaseBrowserOptions = {}) {
    checkItems(items);
    checkKeys(options, ["model", "labels", ...Object.keys(CASE_THRESHOLDS), "hold"], "CaseBrowser");
    const { model, labels, hold, ...given } = options;
    const audit = items instanceof Audit ? items : undefined;
    const thresholds = caseThresholds({ ...audit?.manifest.settings.thresholds, ...given });
    if (model !== undefined) checkModel(model);
    if (labels !== undefined) checkList(labels, "the labels of CaseBrowser", "a list of texts");
    const cases = items instanceof Audit ? [] : items.map((item) => shownCase(item, model));
    const count = audit?.manifest.pictures ?? cases.length;
    super({
      kind: "case-browser",
      hold,
      defaults: {
        items: [],
        truths: cases.map(({ truth }) => truth ?? ""),
        leftOut: "",
        labels: labels ?? (model && answerLabels(model)) ?? labelsOf(cases),
        ...thresholds,
        selection: [],
        opened: null,
        explanation: [],
        message: "",
      },
      shared: ["truths", ...(Object.keys(CASE_THRESHOLDS) as (keyof CaseThresholds)[]), "selection", "opened"],
      refine: ({ truths, opened, selection }) => ({
        truths: audit || truths.length === count ? truths : cases.map((_, i) => truths[i] ?? ""),
        opened: isIndex(opened, count) ? opened : null,
        selection: selection.filter((i) => isIndex(i, count)),
      }),
    });
    this.#cases = cases;
    this.#audit = audit;
    this.#model = model;
    this.observe("opened", (index) => this.#open(index));
    this.onMessage((content) => {
      if (typeOf(content) === "reopen") return this.#open(this.get("opened"));
    });
  }

  /** The case of each picture, by the truth and the thresholds as they are now; of an audit, once it was shown or prepared. */
  cases(): Case[] {
    const thresholds = { high: this.get("high"), mixed: this.get("mixed"), plausible: this.get("plausible") };
    const labels = new Set(this.get("labels"));
    const truths = (i: number) => splitLabels(this.truths[i] ?? "", (label) => labels.has(label));
    return this.#cases.map(({ predictions }, i) => caseOf(predictions, truths(i), thresholds));
  }

  override async prepare(): Promise<void> {
    if (this.get("items").length > 0) return;
    if (this.#audit) await this.#readAudit(this.#audit);
    const items: WireCase[] = [];
    for (const { name, image, predictions, concentration } of this.#cases) {
      items.push({
        name,
        thumbnail: await thumbnail(image, THUMBNAIL),
        predictions: predictions.slice(0, 5).map(({ label, probability }) => ({ label, probability })),
        concentration,
      });
    }
    this.set("items", items);
  }

  async #readAudit(audit: Audit): Promise<void> {
    const { auditCases } = await import("./audit-cases.js");
    const { cases, labels, leftOut } = await auditCases(audit, this.#model);
    this.#cases = cases;
    this.set({
      leftOut,
      truths: cases.map(({ truth }, i) => this.truths[i] ?? truth ?? ""),
      ...(this.get("labels").length === 0 && { labels }),
    });
  }

  protected override fallback(): MimeBundle {
    const cases = this.cases();
    const counts = new Map<string, number>();
    for (const name of cases) counts.set(name, (counts.get(name) ?? 0) + 1);
    const lines = [...counts].map(([name, count]) => `${name}: ${count}`);
    return {
      "text/plain": `${cases.length} pictures\n${lines.join("\n")}`,
      "text/html": `<table><tr><th>picture</th><th>prediction</th><th>truth</th><th>case</th></tr>${this.#cases
        .map(({ name, predictions }, i) => {
          const cells = [
            name,
            `${predictions[0].label} ${predictions[0].probability.toFixed(2)}`,
            this.truths[i],
            cases[i],
          ];
          return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}</tr>`;
        })
        .join("")}</table>`,
    };
  }

  async #open(index: number | null): Promise<void> {
    this.#opening?.abort();
    if (index === null) {
      this.set({ explanation: [], message: "" });
      return;
    }
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    const shown = this.#cases[index];
    try {
      if (!shown?.explain) {
        const other = this.#audit
          ? "the audited model, or see its map in new AuditExplorer(audit)"
          : "its explanation, or the model";
        this.set({ explanation: [], message: `No map of this picture: pass ${other}.` });
        return;
      }
      this.set({ explanation: [], message: "Explaining …" });
      const wire = await wireExplanation(await shown.explain(signal));
      if (!signal.aborted) this.set({ explanation: [wire], message: "" });
    } catch (error) {
      if (signal.aborted) return;
      this.set("message", messageOf(error));
    }
  }
}

/** An item as it is shown; explained by the model where it came without an explanation. */
function shownCase({ name, image, predictions, truth, explanation }: CaseItem, model: Model | undefined): ShownCase {
  return {
    name,
    image,
    predictions,
    truth,
    concentration: explanation ? strongestTenth(explanation.map().data) : null,
    ...(explanation && { explain: async () => explanation }),
    ...(!explanation && model && { explain: (signal) => explain(model, image, { signal }) }),
  };
}

/** All labels that occur. */
function labelsOf(cases: readonly ShownCase[]): string[] {
  const seen = cases.flatMap(({ predictions, truth }) => [...predictions.map(({ label }) => label), truth]);
  return [...new Set(seen)].filter((label) => label !== undefined).sort();
}

function checkItems(items: unknown): asserts items is readonly CaseItem[] | Audit {
  const expected =
    "an audit, or a list of what CaseBrowser.item(explanation) gives, or of { name, image, predictions }";
  if (items instanceof Audit) {
    if (items.manifest.pictures <= MOST_OF_AUDIT) return;
    throw new SightlineError("bad-config", "the audit has too many pictures for CaseBrowser", {
      received: items.manifest.pictures,
      expected: `at most ${MOST_OF_AUDIT}`,
      next: "new AuditExplorer(audit) shows any number",
    });
  }
  checkList(items, "the items of CaseBrowser", expected);
  const isItem = (item: Partial<CaseItem> | null) => item?.image && item.predictions?.length && item.name !== undefined;
  const odd = items.findIndex((item) => !isItem(item as Partial<CaseItem> | null));
  if (odd < 0) return;
  throw new SightlineError("bad-config", `item ${odd} of CaseBrowser is ${kindOf(items[odd])}`, {
    received: items[odd],
    expected,
    next: items[odd] instanceof ExplanationData ? "CaseBrowser.item(explanation) makes one of it" : undefined,
  });
}

/** Share of a map's evidence that lies in its strongest tenth. */
export function strongestTenth(map: Float32Array): number {
  const evidence = map.map((value) => Math.max(0, value)).sort();
  let all = 0;
  let top = 0;
  const border = Math.floor(evidence.length * 0.9);
  evidence.forEach((value, i) => {
    all += value;
    if (i >= border) top += value;
  });
  return all > 0 ? top / all : 0;
}

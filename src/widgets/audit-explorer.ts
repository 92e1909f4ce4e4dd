import type { Audit } from "../audit/audit.js";
import { checkAudit } from "../audit/check-audit.js";
import type { Finding } from "../audit/findings.js";
import type { ShortcutProof } from "../audit/proofs/types.js";
import { checkKeys } from "../core/checks.js";
import type { MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { pack, toBytes } from "../explorer/pack.js";
import type { Reply } from "../explorer/requests.js";
import type { AuditSummary } from "../explorer/summary.js";
import type { ExplorerBackend } from "../explorer/types.js";
import { checkModel } from "../model/check-model.js";
import type { Model } from "../model/types.js";
import { plural } from "../render/format.js";
import { type HoldOption, SightlineWidget, typeOf } from "./sightline-widget.js";
import { messageOf } from "./trait-values.js";
import type { AskRequest, AuditExplorerTraits } from "./traits/index.js";

/** Options of {@link AuditExplorer}. */
export interface AuditExplorerOptions extends HoldOption {
  /** The audited model, so that claims can be tested at a click. */
  model?: Model;
  /** An earlier audit of the same pictures: what changed is a column, and both are laid out in one map. */
  before?: Audit;
}

/** An explorer that can be closed. */
type OpenExplorer = ExplorerBackend & { close(): Promise<void> };

/**
 * A finished audit in a cell, as `sightline view` shows it in a page: pictures with their maps, facets whose counts follow
 * each other, words, order, SQL, all that is known of a picture, and an overview.
 * @example
 * const result = await openAudit("audit/");
 * new AuditExplorer(result, { model });                       // the audited model tests claims
 * @throws SightlineError `bad-config` for what is no audit or no model, `unknown-option`
 */
export class AuditExplorer extends SightlineWidget<AuditExplorerTraits> {
  readonly #audit: Audit;
  readonly #options: AuditExplorerOptions;
  #explorer: Promise<OpenExplorer> | undefined;

  constructor(audit: Audit, options: AuditExplorerOptions = {}) {
    checkAudit(audit, "AuditExplorer");
    checkKeys(options, ["model", "before", "hold"], "AuditExplorer");
    if (options.model !== undefined) checkModel(options.model);
    if (options.before !== undefined) checkAudit(options.before, "AuditExplorer");
    const { model, pictures } = audit.manifest;
    super({ kind: "audit-explorer", hold: options.hold, defaults: { model: model.name, pictures, summary: null } });
    this.#audit = audit;
    this.#options = options;
    this.onMessage((content) => {
      if (typeOf(content) === "ask" && !this.isHeld) return this.#answer(content as Partial<AskRequest>);
    });
  }

  /**
   * Tests a finding as its button *Prove it* does, and keeps the proof in the audit's folder, where every explorer finds it.
   * @param finding one of the audit's, a shortcut
   * @example
   * const explorer = new AuditExplorer(result, { model });
   * const shortcut = (await result.findings()).find(({ kind }) => kind === "shortcut");
   * const { sentence, added, removed } = await explorer.prove(shortcut!);
   * @throws SightlineError `not-supported` without the audited model, `bad-config` for another model, for a finding that the
   *   audit does not have, that is no shortcut or is of too few pictures, `file-not-found`, `write-failed`, `aborted`
   */
  async prove(finding: Finding): Promise<ShortcutProof> {
    const claims = (await this.#audit.findings()).map(({ claim }) => claim);
    const index = claims.indexOf(finding?.claim);
    if (index < 0) {
      throw new SightlineError("bad-config", "the audit has no such finding", {
        received: finding,
        expected: "one of (await audit.findings())",
      });
    }
    this.#explorer ??= this.#open();
    const proof = await (await this.#explorer).prove(index);
    await this.#summarize();
    return proof;
  }

  override toString(): string {
    return `Audit of ${this.get("model")}, ${plural(this.get("pictures"), "picture")}`;
  }

  override async prepare(): Promise<void> {
    await super.prepare();
    if (this.get("summary") === null) await this.#summarize();
  }

  protected override async fallback(): Promise<MimeBundle> {
    const { summaryHtml } = await import("../explorer/summary.js");
    return { "text/plain": this.toString(), "text/html": summaryHtml(this.toString(), await this.#summarize()) };
  }

  /** What a page shows once the kernel is gone: read anew, since others may have proven something. */
  async #summarize(): Promise<AuditSummary> {
    const { auditSummary } = await import("../explorer/summary.js");
    const summary = await auditSummary(this.#audit);
    this.set({ summary });
    return summary;
  }

  protected override dispose(): void {
    void this.#explorer?.then((explorer) => explorer.close()).catch(() => {});
    this.#explorer = undefined;
  }

  async #answer({ id, name, given }: Partial<AskRequest>): Promise<void> {
    const reply = await this.#reply(String(name), given).catch((error): Reply => ({ error: messageOf(error) }));
    this.send({ type: "answer", id }, [toBytes(pack(reply))]);
  }

  async #reply(name: string, given: unknown): Promise<Reply> {
    const { readRequest } = await import("../explorer/requests.js");
    const ask = readRequest(name, given);
    this.#explorer ??= this.#open();
    const reply = await ask(await this.#explorer);
    if (name === "prove") await this.#summarize();
    return reply;
  }

  async #open(): Promise<OpenExplorer> {
    const { Explorer } = await import("../explorer/explorer.js");
    return Explorer.open(this.#audit, this.#options);
  }
}

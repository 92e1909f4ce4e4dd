import type { Audit } from "../audit/audit.js";
import type { Finding } from "../audit/findings.js";
import { isProvable, type Prover } from "../audit/proofs/prover.js";
import { readClaim, readProof } from "../audit/proofs/stored-proofs.js";
import type { ProofControl } from "../audit/proofs/types.js";
import { folderStorage } from "../audit/shards/folder-storage.js";
import { SightlineError } from "../core/errors.js";
import type { PictureClaim, ShortcutProof, ShownFinding, TestProgress } from "./types.js";

/** Tests of claims that a page asks for: one at a time, and what was found before. */
export class Tests {
  readonly #audit: Audit;
  readonly #findings: readonly Finding[];
  readonly #prover: Prover | undefined;
  #work: { readonly abort: AbortController; progress: TestProgress } | undefined;

  constructor(audit: Audit, findings: readonly Finding[], prover: Prover | undefined) {
    this.#audit = audit;
    this.#findings = findings;
    this.#prover = prover;
  }

  get live(): boolean {
    return this.#prover !== undefined;
  }

  async before(path: string): Promise<PictureClaim | null> {
    return (await readClaim(folderStorage(this.#audit.folder), path)) ?? null;
  }

  /** What is known of a finding beside its pictures. */
  async known(index: number): Promise<Omit<ShownFinding, "ids" | "pairs">> {
    const finding = this.#findings[index];
    const { kind, claim } = finding;
    const provable = isProvable(finding);
    const proof = provable ? await readProof(folderStorage(this.#audit.folder), finding) : undefined;
    return { index, kind, claim, provable, proof: proof ?? null };
  }

  testPicture(path: string): Promise<PictureClaim> {
    return this.#run((prover, control) => prover.testPicture(path, control));
  }

  /** @throws SightlineError `index-out-of-range` */
  async prove(index: number): Promise<ShortcutProof> {
    const finding = this.#findings[index];
    if (finding) return this.#run((prover, control) => prover.proveShortcut(finding, control));
    throw new SightlineError("index-out-of-range", `the audit has no finding ${index}`, {
      received: index,
      expected: `a number below ${this.#findings.length}`,
    });
  }

  progress(): TestProgress | null {
    return this.#work?.progress ?? null;
  }

  cancel(): null {
    this.#work?.abort.abort();
    return null;
  }

  /** @throws SightlineError `not-supported` without a model, `aborted` */
  async #run<T>(test: (prover: Prover, control: ProofControl) => Promise<T>): Promise<T> {
    const prover = this.#prover;
    if (!prover) {
      throw new SightlineError("not-supported", "no model is at hand to test claims with", { next: HOW_TO_TEST });
    }
    this.cancel();
    const work = { abort: new AbortController(), progress: { done: 0, total: 0 } };
    this.#work = work;
    const onProgress = ({ done, total }: TestProgress) => {
      work.progress = { done, total };
    };
    try {
      return await test(prover, { signal: work.abort.signal, onProgress });
    } finally {
      if (this.#work === work) this.#work = undefined;
    }
  }
}

/** How a model is brought to an explorer. */
export const HOW_TO_TEST =
  "To test claims, give the audited model: sightline view AUDIT --model FILE, or new AuditExplorer(audit, { model }).";

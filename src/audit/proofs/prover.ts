import { SightlineError } from "../../core/errors.js";
import type { Model } from "../../model/types.js";
import type { Audit } from "../audit.js";
import { checkAuditedModel } from "../check-audited-model.js";
import type { Finding } from "../findings.js";
import { folderStorage } from "../shards/folder-storage.js";
import { propertyOf, proveProperty } from "./prove-property.js";
import { proveShortcut } from "./prove-shortcut.js";
import { writeClaim, writeProof } from "./stored-proofs.js";
import { testPicture } from "./test-picture.js";
import type { PictureClaim, ProofControl, ShortcutProof } from "./types.js";

/** Whether a finding can be proven: it says of a place or a property that it decides about a class. */
export const isProvable = <T extends Pick<Finding, "kind" | "label" | "evidence">>(
  finding: T,
): finding is T & { readonly label: string } =>
  finding.label !== null &&
  (finding.kind === "shortcut" || finding.kind === "moving-shortcut" || propertyOf(finding) !== undefined);

/** Tests what an audit claims by its model, and keeps what was found in the audit's folder. */
export class Prover {
  readonly #audit: Audit;
  readonly #model: Model;

  private constructor(audit: Audit, model: Model) {
    this.#audit = audit;
    this.#model = model;
  }

  /** @throws SightlineError `bad-config` for a model that is not the audited one */
  static async open(audit: Audit, model: Model): Promise<Prover> {
    await checkAuditedModel(audit, model);
    return new Prover(audit, model);
  }

  /** @throws SightlineError `bad-config`, `aborted`, `file-not-found`, `write-failed` */
  async testPicture(path: string, control: ProofControl = {}): Promise<PictureClaim> {
    const claim = await testPicture(this.#model, this.#audit, path, control);
    await writeClaim(folderStorage(this.#audit.folder), claim);
    return claim;
  }

  /** @throws SightlineError `bad-config`, `aborted`, `file-not-found`, `write-failed` */
  async proveShortcut(finding: Finding, control: ProofControl = {}): Promise<ShortcutProof> {
    if (!isProvable(finding)) {
      throw new SightlineError(
        "bad-config",
        `a finding of the kind '${finding.kind}' says of nothing that it decides`,
        {
          received: finding.kind,
          expected: "a shortcut",
        },
      );
    }
    const property = propertyOf(finding);
    const proof = property
      ? await proveProperty(this.#model, this.#audit, finding, property, control)
      : await proveShortcut(this.#model, this.#audit, finding, control);
    await writeProof(folderStorage(this.#audit.folder), finding, proof);
    return proof;
  }
}

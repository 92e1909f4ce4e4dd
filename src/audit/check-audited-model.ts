import { SightlineError } from "../core/errors.js";
import type { Model } from "../model/types.js";
import type { Audit } from "./audit.js";
import { modelFingerprint } from "./model-fingerprint.js";

/** @throws SightlineError `bad-config` for a model that is not the audited one */
export async function checkAuditedModel(audit: Audit, model: Model): Promise<void> {
  const { name, fingerprint } = audit.manifest.model;
  if ((await modelFingerprint(model)) === fingerprint) return;
  throw new SightlineError("bad-config", `the audit is of ${name}, not of the model that is given`, {
    received: model.info.name,
    expected: "the audited model, with the same labels and preprocessing",
  });
}

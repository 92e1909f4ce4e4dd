import { SightlineError } from "../core/errors.js";
import { Audit } from "./audit.js";

/** @throws SightlineError `bad-config` for what is no audit */
export function checkAudit(value: unknown, of: string): asserts value is Audit {
  if (value instanceof Audit) return;
  throw new SightlineError("bad-config", `${of} needs an audit`, {
    received: value,
    expected: "what audit() or openAudit() gives",
    next: typeof value === "string" ? `await openAudit(${JSON.stringify(value)})` : undefined,
  });
}

/** The platform's contract in a worker of a page: says of each sentence whether it holds. */
import { files } from "#platform/files";
import { useSite } from "../../../src/platform/browser/site.js";
import type { Contract } from "../../platform/contract/contract.js";
import { filesContract } from "../../platform/contract/files.js";
import { hashContract } from "../../platform/contract/hash.js";
import { picturesContract } from "../../platform/contract/pictures.js";
import { runtimeContract } from "../../platform/contract/runtime.js";
import { sqlContract } from "../../platform/contract/sql.js";
import { threadsContract } from "../../platform/contract/threads.js";
import { limitsOfStatements } from "./statement-limits.js";

/** A sentence of the contract, and why it does not hold where it does not. */
export interface Verdict {
  readonly what: string;
  readonly sentence: string;
  readonly failure?: string;
}

const scope = globalThis as unknown as { location: { href: string }; postMessage(verdicts: Verdict[]): void };
useSite(new URL("./", scope.location.href));

const contracts: Readonly<Record<string, Contract>> = {
  files: filesContract(files, "/tmp/contract"),
  hash: hashContract,
  pictures: picturesContract,
  runtime: runtimeContract,
  sql: sqlContract("/tmp/tables"),
  "sealed statements": limitsOfStatements,
  threads: threadsContract,
};

const verdicts: Verdict[] = [];
for (const [what, contract] of Object.entries(contracts)) {
  for (const [sentence, check] of Object.entries(contract)) {
    const failure = await check().then(
      () => undefined,
      (error: Error) => error.stack ?? String(error),
    );
    verdicts.push({ what, sentence, failure });
  }
}
scope.postMessage(verdicts);

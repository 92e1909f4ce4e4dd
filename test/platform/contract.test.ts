import { describe, test } from "node:test";
import { files } from "#platform/files";
import { files as memory } from "../support/memory-platform/files.js";
import { temporaryFolder } from "../support/models.js";
import type { Contract } from "./contract/contract.js";
import { filesContract } from "./contract/files.js";
import { hashContract } from "./contract/hash.js";
import { picturesContract } from "./contract/pictures.js";
import { runtimeContract } from "./contract/runtime.js";
import { sqlContract } from "./contract/sql.js";
import { threadsContract } from "./contract/threads.js";

const contracts: Readonly<Record<string, Contract>> = {
  "files of Node": filesContract(files, temporaryFolder()),
  "files in memory": filesContract(memory, "/files"),
  hash: hashContract,
  pictures: picturesContract,
  runtime: runtimeContract,
  sql: sqlContract(temporaryFolder()),
  threads: threadsContract,
};

/** `test/browser/contract.test.ts` holds the page to the same. */
for (const [what, contract] of Object.entries(contracts)) {
  describe(`what every platform does alike: ${what}`, () => {
    for (const [sentence, check] of Object.entries(contract)) test(sentence, check);
  });
}

import assert from "node:assert/strict";
import { sealedSql } from "../../../src/audit/servers/sealed-sql.js";
import type { Contract } from "../../platform/contract/contract.js";

const refused = (statement: string, message: RegExp, limits = {}) =>
  assert.rejects(sealedSql(statement, [], [], limits), { code: "bad-data", message });

/** Limits of what somebody else may have written, where there are no processes. */
export const limitsOfStatements: Contract = {
  async "a statement that does not end is ended, and the next one is answered"() {
    const started = performance.now();
    const endless = "select count(*) from range(1e12::bigint) a(i) where sqrt(i) < 0";
    await refused(endless, /the query failed: it took more than 2 s/, { seconds: 2 });
    assert.ok(performance.now() - started < 30_000);
    assert.deepEqual(await sealedSql("select 1 as one"), [{ one: 1 }]);
  },

  async "a statement that takes more than 2 GiB fails, and the next one is answered"() {
    await refused("select length(repeat('x', 4000000000))", /memory|too large|exceed/i);
    await refused("select length(list_sort(range(400000000)::varchar[])::varchar)", /memory/i);
    assert.deepEqual(await sealedSql("select 1 as one"), [{ one: 1 }]);
  },

  async "a statement is no longer than it may be, and changes no setting"() {
    await refused(`select ${" ".repeat(2 ** 22)} 1`, /4194\d+ characters, more than 4194304/);
    await refused("set memory_limit = '100GB'", /configuration has been locked/);
  },
};

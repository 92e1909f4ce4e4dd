import { tables as database } from "#platform/sql";
import { hasProcesses, openThread } from "#platform/threads";
import { SightlineError } from "../../core/errors.js";
import type { ParquetTable, Row } from "../../platform/sql.js";
import { IsolationError } from "../../platform/threads.js";
import { messageOf } from "../sql.js";
import type { SealedReply, SqlRequest } from "./sealed-query.js";

/** Seconds, bytes and characters that a sealed statement may take. DuckDB's own limits do not hold for each function. */
const MOST_SECONDS = 60;
const MOST_BYTES = 2 * 2 ** 30;
const LONGEST = 2 ** 22;

/**
 * An SQL statement that somebody else may have written, in a process of its own: it sees the tables and nothing else, no
 * other file and no network, and has limits of time and memory. A page has no processes: DuckDB is WebAssembly in a worker
 * there, which has no files and no network, ends after the same time, and was built to take no more than 2 GiB.
 * @throws SightlineError `bad-data`
 */
export async function sealedSql(
  statement: string,
  parameters: readonly (string | number)[] = [],
  tables: readonly ParquetTable[] = [],
  { seconds = MOST_SECONDS, bytes = MOST_BYTES } = {},
): Promise<Row[]> {
  const failed = (why: string, cause?: unknown) =>
    new SightlineError("bad-data", `the query failed: ${why}`, { received: statement.slice(0, 1000), cause });
  const length = parameters.reduce<number>((sum, one) => sum + String(one).length, statement.length);
  if (length > LONGEST) throw failed(`it has ${length} characters, more than ${LONGEST}`);
  if (!hasProcesses) {
    const answer = database.query(statement, parameters, tables, { sealed: true, seconds });
    const { rows } = await answer.catch((cause) => Promise.reject(failed(messageOf(cause), cause)));
    return rows;
  }
  let end = () => {};
  const reply = new Promise<SealedReply>((resolve, reject) => {
    const thread = openThread<SqlRequest, SealedReply>("audit/servers/sealed-query", {
      isolation: { memoryLimit: bytes },
      onMessage: resolve,
      onEnd: (error) => reject(failed(whyEnded(error, bytes), error)),
    });
    thread.keepAlive(true);
    const timer = setTimeout(() => reject(failed(`it took more than ${seconds} s`)), 1000 * seconds);
    end = () => {
      clearTimeout(timer);
      void thread.end();
    };
    thread.post({ statement, parameters, from: tables });
  });
  try {
    const answer = await reply;
    if ("failure" in answer) throw failed(answer.failure);
    return answer.table.rows;
  } finally {
    end();
  }
}

function whyEnded(error: Error | undefined, bytes: number): string {
  return error instanceof IsolationError && error.reason === "memory"
    ? `it took more than ${bytes / 2 ** 30} GiB of memory`
    : `its process ended: ${error?.message ?? "nobody knows why"}`;
}

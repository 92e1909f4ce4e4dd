import type { Serve } from "../../platform/threads.js";
import { messageOf, runSql, type SqlRequest, type Table } from "./duckdb.js";

/** What a sealed statement gave, or why it failed. */
export type SealedReply = { readonly table: Table } | { readonly failure: string };

/** Runs sealed statements one by one. */
export const serve: Serve<SqlRequest, SealedReply> = (port) => {
  port.onMessage((request) => {
    runSql({ ...request, sealed: true }).then(
      (table) => port.post({ table }),
      (cause) => port.post({ failure: messageOf(cause) }),
    );
  });
};

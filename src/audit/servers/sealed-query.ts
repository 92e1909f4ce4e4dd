import { tables } from "#platform/sql";
import type { ParquetTable, Table } from "../../platform/sql.js";
import type { Serve } from "../../platform/threads.js";
import { messageOf } from "../sql.js";

/** A statement, the values of its parameters and the tables that it names. */
export interface SqlRequest {
  readonly statement: string;
  readonly parameters: readonly (string | number)[];
  readonly from: readonly ParquetTable[];
}

/** What a sealed statement gave, or why it failed. */
export type SealedReply = { readonly table: Table } | { readonly failure: string };

/** Runs sealed statements one by one. */
export const serve: Serve<SqlRequest, SealedReply> = (port) => {
  port.onMessage(({ statement, parameters, from }) => {
    tables.query(statement, parameters, from, { sealed: true }).then(
      (table) => port.post({ table }),
      (cause) => port.post({ failure: messageOf(cause) }),
    );
  });
};

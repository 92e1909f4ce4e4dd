import { createAsyncContext } from "#platform/async-context";
import type { Header } from "./protocol.js";

/** The cell that code belongs to; it follows the code into the callbacks that it leaves behind. */
export interface CellContext {
  /** The message that caused it: parent of comm messages. */
  request: Partial<Header>;
  /** The message under whose cell its output stands. */
  output: Partial<Header>;
  /** Who sent the request. */
  identities: readonly Uint8Array[];
  allowStdin: boolean;
  /** Names the cell, the same each time it runs. */
  cell?: string;
  /** Number of the execution, 0 outside of one. */
  execution: number;
  /** Fires when the cell is interrupted. */
  signal?: AbortSignal;
}

export const cellContext = createAsyncContext<CellContext>();

/** The name under which stack traces show a cell. */
export function cellName(count: number): string {
  return `Cell [${count}]`;
}

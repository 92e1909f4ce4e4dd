import { type CellContext, cellContext } from "./cell-context.js";
import type { ErrorReply } from "./error-reply.js";
import { toJson } from "./json.js";
import type { Header } from "./protocol.js";
import type { Transport } from "./transport.js";

/** What the kernel broadcasts: its state, and the outputs of cells. */
export class Iopub {
  /** Owner of output that belongs to no other cell. */
  lastCell: CellContext = { request: {}, output: {}, identities: [], allowStdin: false, execution: 0 };

  constructor(readonly transport: Transport) {}

  /** The cell that the calling code belongs to. */
  get cell(): CellContext {
    return cellContext.getStore() ?? this.lastCell;
  }

  /** @throws SightlineError `bad-data` for what is not JSON */
  publish(type: string, content: object, parent: Partial<Header>): void {
    this.transport.send("iopub", { type, content: toJson(content, "an output"), parent });
  }

  status(state: "starting" | "busy" | "idle", parent: Partial<Header>): void {
    this.publish("status", { execution_state: state }, parent);
  }

  error(error: ErrorReply, parent: Partial<Header>): void {
    this.publish("error", error, parent);
  }
}

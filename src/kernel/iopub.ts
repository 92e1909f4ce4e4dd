import { escapeUTF8 } from "entities";
import { type CellContext, cellContext } from "./cell-context.js";
import type { CellError } from "./cell-error.js";
import { toJson } from "./json.js";
import type { Header } from "./protocol.js";
import type { Transport } from "./transport.js";

const foldedHtml = (text: string) =>
  `<details><summary>Where it happened</summary><pre>${escapeUTF8(text)}</pre></details>`;

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

  /** Shows an error; what it folds away can be opened where the front end shows HTML. */
  error({ reply, shown, folded }: CellError, parent: Partial<Header>): void {
    this.publish("error", { ...reply, traceback: shown }, parent);
    if (folded === undefined) return;
    const data = { "text/html": foldedHtml(folded), "text/plain": folded };
    this.publish("display_data", { data, metadata: {}, transient: {} }, parent);
  }
}

import { useWidgetHost } from "../core/widget-host.js";
import { workHost } from "../core/work.js";
import type { CellQueue } from "./cell-queue.js";
import { Comm, onComm } from "./comm.js";
import type { CommRegistry } from "./comm-registry.js";
import type { DisplayQueue } from "./display-queue.js";
import { type KernelHost, setKernelHost } from "./host.js";
import type { InputRequests } from "./input-requests.js";
import type { Iopub } from "./iopub.js";

export interface NotebookApiParts {
  iopub: Iopub;
  displays: DisplayQueue;
  inputs: InputRequests;
  comms: CommRegistry;
  cells: CellQueue;
}

/** Lets cells, widgets and long work find the kernel. */
export function offerNotebookApi({ iopub, displays, inputs, comms, cells }: NotebookApiParts): void {
  const host: KernelHost = {
    comms,
    display: (value, options) => displays.display(value, options),
    clearOutput: (wait) => iopub.publish("clear_output", { wait }, iopub.cell.output),
    input: (prompt, password) => inputs.ask(prompt, password),
    cellSignal: () => iopub.cell.signal,
  };
  setKernelHost(host);
  workHost.signal = host.cellSignal;
  useWidgetHost({
    open: (target, data, options) => new Comm(target, data, options),
    onComm: (target, listener) => void onComm(target, listener),
    cell: () => iopub.cell.cell,
    onCell: (listener) => cells.onCell(listener),
    display: (value, options = {}) => displays.display(value, options),
  });
}

import type { Output } from "../notebook-file.js";
import type { Message } from "../protocol.js";

type Shown = Extract<Output, { data: unknown }>;

/** Gathers iopub messages of cells as a front end does: streams grow together, displays are updated wherever they stand. */
export class OutputGatherer {
  readonly #displays = new Map<string, Shown[]>();

  /** Takes in a message of the cell whose outputs these are. */
  add(outputs: Output[], { header, content }: Message, state: { clearNext: boolean }): void {
    if (header.msg_type === "clear_output") {
      if (content.wait === true) state.clearNext = true;
      else outputs.length = 0;
      return;
    }
    if (header.msg_type === "update_display_data") {
      for (const shown of this.#displays.get(displayId(content)) ?? []) {
        Object.assign(shown, { data: content.data, metadata: content.metadata ?? {} });
      }
      return;
    }
    const output = outputOf(header.msg_type, content);
    if (!output) return;
    if (state.clearNext) {
      outputs.length = 0;
      state.clearNext = false;
    }
    const last = outputs.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      last.text += output.text;
      return;
    }
    outputs.push(output);
    const id = displayId(content);
    if (id && "data" in output) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output as Shown]);
  }
}

function displayId(content: Record<string, unknown>): string {
  return String((content.transient as { display_id?: unknown } | undefined)?.display_id ?? "");
}

function outputOf(type: string, content: Record<string, unknown>): Output | undefined {
  const data = content.data as Record<string, unknown>;
  const metadata = (content.metadata ?? {}) as Record<string, unknown>;
  switch (type) {
    case "stream":
      return { output_type: "stream", name: String(content.name), text: String(content.text) };
    case "display_data":
      return { output_type: "display_data", data, metadata };
    case "execute_result":
      return { output_type: "execute_result", data, metadata, execution_count: Number(content.execution_count) };
    case "error": {
      const { ename, evalue, traceback } = content as { ename: string; evalue: string; traceback: string[] };
      return { output_type: "error", ename, evalue, traceback };
    }
    default:
      return undefined;
  }
}

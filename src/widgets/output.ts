import { displaySymbol, isDisplayable, type MimeBundle } from "../core/display.js";
import { Control, type ControlOptions } from "./controls/control.js";

/** An output as notebooks store it (nbformat 4). */
export type CellOutput =
  | { output_type: "display_data"; data: MimeBundle; metadata: Readonly<Record<string, unknown>> }
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string };

/** Traits of {@link Output}. */
export interface OutputTraits {
  outputs: readonly CellOutput[];
  /** While it is set the front end puts the outputs of that request here. */
  msg_id: string;
}

/** A place for outputs: text, pictures, other widgets. */
export class Output extends Control<OutputTraits> {
  declare readonly outputs: readonly CellOutput[];

  constructor(options: ControlOptions<OutputTraits> = {}) {
    super(
      {
        model: "Output",
        classes: {
          module: "@jupyter-widgets/output",
          version: "1.0.0",
          model: "OutputModel",
          view: "OutputView",
        },
        defaults: { outputs: [], msg_id: "" },
        guarded: ["outputs"],
      },
      options,
    );
  }

  /** Adds a value as `display` would show it. */
  async append(value: unknown): Promise<void> {
    const data: MimeBundle = isDisplayable(value) ? await value[displaySymbol]() : { "text/plain": String(value) };
    this.set("outputs", [...this.outputs, { output_type: "display_data", data, metadata: {} }]);
  }

  /** Adds text as if it were printed. */
  print(text: string, name: "stdout" | "stderr" = "stdout"): void {
    this.set("outputs", [...this.outputs, { output_type: "stream", name, text }]);
  }

  /** Removes everything it shows. */
  clear(): void {
    this.set("outputs", []);
  }
}

import { displaySymbol, isDisplayable, type MimeBundle } from "../core/display.js";
import { Control, type ControlOptions } from "./controls/control.js";
import { Widget } from "./widget.js";
import { checkHoldsNot } from "./widget-checks.js";
import type { WidgetLike } from "./widget-types.js";

/** An output as notebooks store it (nbformat 4). */
export type CellOutput =
  | { output_type: "display_data"; data: MimeBundle; metadata: Readonly<Record<string, unknown>> }
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string };

/** Traits of {@link Output}. */
export interface OutputTraits {
  /** What stands there, as cells of a notebook store it. */
  outputs: readonly CellOutput[];
  /** While it is set the front end puts the outputs of that request here. */
  msg_id: string;
}

/** A place for outputs: text, pictures, other widgets. */
export class Output extends Control<OutputTraits> {
  declare readonly outputs: readonly CellOutput[];
  /** Widgets among the outputs, which name them by their ids alone. */
  readonly #shown = new Set<WidgetLike>();

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

  override get contents(): readonly WidgetLike[] {
    return [...super.contents, ...this.#shown];
  }

  /**
   * Adds a value as `display` would show it.
   * @throws SightlineError `bad-config` for the output itself, or what it is part of
   */
  async append(value: unknown): Promise<void> {
    if (value instanceof Widget) {
      checkHoldsNot(this, "Output", [value]);
      this.#shown.add(value);
    }
    const data: MimeBundle = isDisplayable(value) ? await value[displaySymbol]() : { "text/plain": String(value) };
    this.set("outputs", [...this.outputs, { output_type: "display_data", data, metadata: {} }]);
  }

  /** Adds text as if it were printed. */
  print(text: string, name: "stdout" | "stderr" = "stdout"): void {
    this.set("outputs", [...this.outputs, { output_type: "stream", name, text }]);
  }

  /** Removes everything it shows. */
  clear(): void {
    this.#shown.clear();
    this.set("outputs", []);
  }
}

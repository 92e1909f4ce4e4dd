import { uuid } from "../../core/uuid.js";
import type { WidgetComm, WidgetHost, WidgetMessage } from "../../core/widget-host.js";
import type { BufferPath } from "../../widgets/buffers.js";
import { Widget } from "../../widgets/widget.js";
import type { FromEngine } from "./messages.js";

interface StateMessage {
  readonly method?: string;
  readonly state: Record<string, unknown>;
  readonly buffer_paths: readonly BufferPath[];
  readonly content?: unknown;
}

/** The page as the widgets' front end. */
export class EngineHost implements WidgetHost {
  readonly #post: (message: FromEngine) => void;
  readonly #listeners = new Map<string, (message: WidgetMessage) => void>();
  /** Whether long work that starts now shows itself. */
  showsWork = false;

  constructor(post: (message: FromEngine) => void) {
    this.#post = post;
  }

  open(
    _target: string,
    data: Readonly<Record<string, unknown>>,
    { buffers }: { buffers: readonly Uint8Array[] },
  ): WidgetComm {
    const widget = uuid();
    const { state, buffer_paths: paths } = data as unknown as StateMessage;
    this.#post({ kind: "open", widget, state, paths, buffers });
    return {
      id: widget,
      send: (message, options) => this.#send(widget, message as unknown as StateMessage, options?.buffers ?? []),
      onMessage: (listener) => this.#listeners.set(widget, listener),
      onClose() {},
      close: () => {
        this.#listeners.delete(widget);
        this.#post({ kind: "close", widget });
      },
    };
  }

  /** A message of the page to one of its widgets. */
  receive(widget: string, message: WidgetMessage): void {
    this.#listeners.get(widget)?.(message);
  }

  onComm(): void {}

  onCell(): void {}

  cell(): string | undefined {
    return this.showsWork ? "work" : undefined;
  }

  /** Shows the panel of long work; what follows in its place is no widget, and takes it away. */
  async display(value: unknown): Promise<void> {
    if (!(value instanceof Widget)) return this.#post({ kind: "work" });
    await value.open(this);
    this.#post({ kind: "work", widget: value.modelId });
  }

  #send(
    widget: string,
    { method, state, buffer_paths: paths, content }: StateMessage,
    buffers: readonly Uint8Array[],
  ): void {
    if (method === "custom") this.#post({ kind: "custom", widget, content, buffers });
    else if (method === "update") this.#post({ kind: "update", widget, state, paths, buffers });
  }
}

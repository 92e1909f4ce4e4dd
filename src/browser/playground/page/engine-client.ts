import type { Failure, FromEngine, Question, Questions, Said, ToEngine } from "../messages.js";
import { WidgetModel } from "./widget-model.js";

/** An error of the engine: the sentence is for the visitor. */
export class EngineError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** What the page does when the engine speaks by itself. */
export interface EngineEvents {
  predictions(said: Said): void;
  /** Long work shows itself, or is over. */
  work(panel: WidgetModel | undefined): void;
}

interface Waiting {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** The page's end of the engine, a worker that can be started anew. */
export class EngineClient {
  readonly #site: URL;
  readonly #events: EngineEvents;
  readonly #waiting = new Map<number, Waiting>();
  readonly #widgets = new Map<string, WidgetModel>();
  #worker: Worker;
  #asked = 0;

  /** @param site address of the folder with the engine's code */
  constructor(site: URL, events: EngineEvents) {
    this.#site = site;
    this.#events = events;
    this.#worker = this.#start();
  }

  /** @throws EngineError with the engine's own words */
  ask<Kind extends keyof Questions>(
    kind: Kind,
    ask: Questions[Kind]["ask"],
    signal?: AbortSignal,
  ): Promise<Questions[Kind]["answer"]> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ kind: "ask", id, question: { kind, ask } as Question });
      signal?.addEventListener("abort", () => this.#post({ kind: "cancel", id }), { once: true });
    });
  }

  /** The model of a widget that was opened. */
  widget(id: string): WidgetModel | undefined {
    return this.#widgets.get(id);
  }

  /** Ends whatever runs and begins with an engine that knows nothing. */
  restart(reason: string): void {
    this.#worker.terminate();
    this.#fail(reason);
    this.#worker = this.#start();
  }

  #start(): Worker {
    const worker = new Worker(new URL("engine.js", this.#site), { type: "module", name: "sightline" });
    worker.onmessage = ({ data }) => this.#receive(data as FromEngine);
    worker.onerror = (event) => {
      if (worker === this.#worker) this.#fail(event.message || "the library could not be loaded");
    };
    worker.postMessage({ kind: "start", site: this.#site.href } satisfies ToEngine);
    return worker;
  }

  #post(message: ToEngine): void {
    this.#worker.postMessage(message);
  }

  #fail(message: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const widget of this.#widgets.values()) widget.close();
    this.#widgets.clear();
    for (const { reject } of waiting) reject(new EngineError({ message }));
  }

  #receive(message: FromEngine): void {
    if (message.kind === "answer") this.#settle(message.id)?.resolve(message.answer as never);
    else if (message.kind === "failure") this.#settle(message.id)?.reject(new EngineError(message.failure));
    else if (message.kind === "predictions") this.#events.predictions(message);
    else if (message.kind === "work") this.#events.work(message.widget ? this.widget(message.widget) : undefined);
    else this.#forWidget(message);
  }

  #forWidget(message: Extract<FromEngine, { widget: string; kind: "open" | "update" | "custom" | "close" }>): void {
    const { widget: id } = message;
    if (message.kind === "open") {
      const send = (data: unknown, buffers: readonly ArrayBuffer[]) =>
        this.#post({ kind: "widget", widget: id, data, buffers });
      this.#widgets.set(id, new WidgetModel(message, send));
    } else if (message.kind === "update") this.widget(id)?.update(message);
    else if (message.kind === "custom") this.widget(id)?.custom(message.content, message.buffers);
    else {
      this.widget(id)?.close();
      this.#widgets.delete(id);
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

import type { WidgetRequest } from "../../src/widgets/traits/index.js";
import { errorBox } from "./error-box.js";
import { type Comm, isLive, type Model, type Received } from "./model.js";

/** What lives as long as a part of the page does. */
export class Scope {
  readonly #leaving = new AbortController();

  /** Fires when this part of the page is left. */
  get signal(): AbortSignal {
    return this.#leaving.signal;
  }

  leave = (): void => this.#leaving.abort();

  /** Does something when this part of the page is left; at once, if it was. */
  onLeave(step: () => void): void {
    if (this.signal.aborted) step();
    else this.signal.addEventListener("abort", step, { once: true });
  }

  listen<Name extends keyof WindowEventMap>(
    target: EventTarget,
    event: Name,
    listener: (event: WindowEventMap[Name]) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(event, listener as EventListener, { ...options, signal: this.signal });
  }

  /** A function that asks for an update: it happens in the next frame, once, however often it was asked for. */
  everyFrame(update: () => void): () => void {
    let frame = 0;
    this.onLeave(() => cancelAnimationFrame(frame));
    return () => {
      cancelAnimationFrame(frame);
      if (!this.signal.aborted) frame = requestAnimationFrame(update);
    };
  }
}

/** A widget, or a part of one, on the page: its traits, its element, and all that ends when it is left. */
export class View<Traits extends object> extends Scope {
  #seenLive: boolean;
  /** Fails the widget that this is a part of. */
  #failAround: ((error: unknown) => void) | undefined;

  constructor(
    readonly model: Model<Traits>,
    readonly el: HTMLElement,
    /** The way to the kernel; of the widget around it where this is a part of one. */
    readonly comm: Comm = model,
  ) {
    super();
    this.#seenLive = this.live;
    this.watchKernel(() => {
      this.#seenLive ||= this.live;
    });
  }

  /** Whether a kernel listens. */
  get live(): boolean {
    return isLive(this.comm);
  }

  /** Whether a kernel listens, did so until a while ago, or never has since this view is on the page. */
  get kernel(): "live" | "lost" | "none" {
    if (this.live) return "live";
    return this.#seenLive ? "lost" : "none";
  }

  get<Name extends keyof Traits & string>(name: Name): Traits[Name] {
    return this.model.get(name);
  }

  /** Sets traits and tells the kernel. */
  save(change: Partial<Traits>): void {
    for (const name of Object.keys(change) as (keyof Traits & string)[]) {
      this.model.set(name, change[name] as Traits[typeof name]);
    }
    this.model.save_changes();
  }

  request(request: WidgetRequest, buffers?: ArrayBuffer[]): void {
    this.model.send(request, undefined, buffers);
  }

  /** Calls a function whenever one of these traits changes. */
  watch(names: readonly (keyof Traits & string)[], listener: () => unknown): void {
    for (const name of names) this.#on(this.model, `change:${name}`, listener);
  }

  /** Does something; where it fails, the error stands in place of the whole widget. */
  async attempt(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  override everyFrame(update: () => void): () => void {
    return super.everyFrame(() => void this.attempt(update));
  }

  /** Calls a function when the kernel comes or goes. */
  watchKernel(listener: () => unknown): void {
    this.#on(this.comm, "comm_live_update", listener);
  }

  /** A part of this widget with a model of its own; left with this view, or before. */
  nested<Other extends object>(model: Model<Other>): View<Other> {
    const view = new View(model, this.el, this.comm);
    view.#failAround = (error) => this.#fail(error);
    this.signal.addEventListener("abort", view.leave, { signal: view.signal });
    return view;
  }

  #on(comm: Comm, event: string, listener: () => unknown): void {
    const guarded = () => void this.attempt(listener);
    comm.on(event, guarded);
    this.onLeave(() => comm.off(event, guarded));
  }

  #fail(error: unknown): void {
    if (this.#failAround) this.#failAround(error);
    else if (!this.signal.aborted) {
      this.leave();
      this.el.replaceChildren(errorBox(error));
    }
  }
}

/** Shows a widget in the element of its view. */
export type Render<Traits extends object> = (view: View<Received<Traits> & object>) => void | Promise<void>;

import { checkText } from "../core/checks.js";
import { displaySymbol, type MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import type { RawMap } from "../core/raw-map.js";
import { uuid } from "../core/uuid.js";
import { whenHosted, widgetHost } from "../core/widget-host.js";
import type { Progress } from "../core/work.js";
import { type WorkWatcher, workHost } from "../core/work.js";
import { duration } from "../render/format.js";
import { bytes } from "./buffers.js";
import { PacedProgress } from "./paced-progress.js";
import { SightlineWidget, typeOf } from "./sightline-widget.js";
import { messageOf } from "./trait-values.js";
import type { ProgressPanelTraits } from "./traits/index.js";

/**
 * How far long work is: bar, time left, the map sharpening, its convergence, and a button to cancel it. Hand its
 * {@link ProgressPanel.signal} and {@link ProgressPanel.progress} to the work; `explain` and `audit` in a notebook do so
 * by themselves.
 * @example
 * const panel = new ProgressPanel("RISE");
 * await explain(model, "cat.png", { method: "rise", preset: "speed", signal: panel.signal, onProgress: panel.progress });
 * panel.end();
 */
export class ProgressPanel extends SightlineWidget<ProgressPanelTraits> implements WorkWatcher {
  readonly #controller = new AbortController();
  readonly #paced = new PacedProgress(
    (state) => this.set({ ...state, convergence: [...this.#curve] }),
    ([map]) => this.isOpen && this.#preview(map),
  );
  readonly #curve: number[] = [];

  constructor(title: string) {
    checkText(title, "the title of ProgressPanel", "a text");
    super({
      kind: "progress-panel",
      defaults: {
        title,
        state: "working",
        done: 0,
        total: 0,
        elapsed: 0,
        left: null,
        convergence: [],
        map: new Uint8Array(0),
        map_width: 0,
        map_height: 0,
        message: "",
      },
    });
    this.onMessage((content) => {
      if (typeOf(content) === "cancel") this.cancel();
    });
  }

  /** Fires when the reader cancels. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Cancels the work, as the button does. */
  cancel(): void {
    if (this.get("state") !== "working") return;
    this.#controller.abort(new SightlineError("aborted", "cancelled by the reader"));
    this.set("message", "Cancelling after this batch …");
  }

  progress = (progress: Progress): void => {
    if (progress.convergence !== undefined) this.#curve.push(progress.done, progress.convergence);
    this.#paced.add(progress);
  };

  end = (error?: unknown): void => {
    this.#paced.flush();
    const { elapsed } = this.#paced;
    const cancelled = this.signal.aborted || (error as { code?: unknown } | undefined)?.code === "aborted";
    if (error === undefined) this.set({ state: "done", done: this.get("total"), left: 0, elapsed, message: "" });
    else if (cancelled) this.set({ state: "cancelled", left: null, elapsed, message: "Cancelled." });
    else this.set({ state: "failed", left: null, elapsed, message: messageOf(error) });
  };

  override toString(): string {
    const { title, state, done, total } = this.#now();
    return `${title}: ${state}, ${done} of ${total}`;
  }

  protected override fallback(): MimeBundle {
    return { "text/plain": this.toString() };
  }

  protected override dispose(): void {
    this.#paced.stop();
  }

  #now(): Pick<ProgressPanelTraits, "title" | "state" | "done" | "total"> {
    return { title: this.get("title"), state: this.get("state"), done: this.get("done"), total: this.get("total") };
  }

  #preview({ data, width, height }: RawMap): void {
    this.set({ map: bytes(Float32Array.from(data)), map_width: width, map_height: height });
  }
}

/** Milliseconds before which no panel appears. */
const PATIENCE = 1000;

/** Milliseconds of work that leaves nothing behind: it has no panel, unless it looked longer than it was. */
const SHORT = 2000;

/**
 * Lets long work in a notebook show its progress by itself: a panel appears when the work takes its time, or by its pace
 * will, and leaves a line of text when it is done. One that failed or was cancelled stays.
 */
export function watchWork({ patience = PATIENCE, short = SHORT } = {}): void {
  workHost.watch = (title) => {
    const host = widgetHost();
    if (host?.cell() === undefined) return undefined;
    const panel = new ProgressPanel(title);
    const began = performance.now();
    const id = uuid();
    const display = (value: unknown, update: boolean) =>
      Promise.resolve(host.display(value, { id, update })).catch((error) => console.error(error));
    let shown = false;
    const show = () => {
      clearTimeout(latest);
      shown = true;
      display(panel, false);
    };
    const latest = setTimeout(show, Math.max(patience, short));
    return {
      signal: panel.signal,
      progress(progress) {
        panel.progress(progress);
        const elapsed = performance.now() - began;
        if (!shown && elapsed >= patience && elapsed + (panel.get("left") ?? 0) >= short) show();
      },
      end(error) {
        clearTimeout(latest);
        panel.end(error);
        if (!shown || error !== undefined) return;
        const line = `${title}: ${duration(panel.get("elapsed"))}`;
        display({ [displaySymbol]: () => ({ "text/plain": line }) }, true);
        panel.close();
      },
    };
  };
}

whenHosted(() => watchWork());

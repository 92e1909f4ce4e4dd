import type { TestProgress } from "../../../src/explorer/types.js";
import { button, h } from "../dom.js";
import { workBar } from "../work-bar.js";
import type { Store } from "./store.js";

/** Milliseconds between two looks at how far a test is. */
const LOOK = 300;

interface TestPanelSpec<Found> {
  /** What the button says, before there is a result and after. */
  readonly action: string;
  readonly again: string;
  /** What is under way, for the reader. */
  readonly title: string;
  /** What was found before. */
  readonly found: Found | null;
  run(): Promise<Found>;
  show(found: Found): readonly Node[];
}

/** A test that the model runs when a button is pressed: ready, under way, found, cancelled or failed. */
export function testPanel<Found>(store: Store, spec: TestPanelSpec<Found>): HTMLElement {
  const { facts, backend, scope } = store;
  const said = h("p", { class: "sl-note", role: "status" });
  const result = h("div", { class: "sl-x-found" });
  let cancelled = false;
  const bar = workBar(() => {
    cancelled = true;
    void backend.cancel();
  });
  const start = button(spec.action, () => void run());
  const el = h("div", { class: "sl-x-test" }, start, bar.el, said, result);
  const show = (found: Found) => {
    start.textContent = spec.again;
    result.replaceChildren(...spec.show(found));
  };
  const run = async () => {
    cancelled = false;
    start.disabled = true;
    said.className = "sl-note";
    said.textContent = "";
    const began = performance.now();
    const update = (progress: TestProgress | null) => {
      const { done, total } = progress ?? { done: 0, total: 0 };
      const left = done > 0 ? ((performance.now() - began) * (total - done)) / done : null;
      bar.update(spec.title, { done, total, left });
    };
    update(null);
    const watch = setInterval(
      () =>
        void backend.progress().then(
          (now) => start.disabled && update(now),
          () => {},
        ),
      LOOK,
    );
    const leave = () => void backend.cancel().catch(() => {});
    scope.signal.addEventListener("abort", leave);
    try {
      show(await spec.run());
    } catch (error) {
      said.className = cancelled ? "sl-note" : "sl-error";
      said.textContent = cancelled ? "Cancelled." : (error as Error).message;
    } finally {
      clearInterval(watch);
      scope.signal.removeEventListener("abort", leave);
      start.disabled = false;
      bar.update(spec.title, null);
    }
  };
  start.hidden = !facts.live;
  if (spec.found) show(spec.found);
  if (!facts.live) said.textContent = facts.howToTest;
  return el;
}

/** A picture that came as a PNG. */
export function pngImage(bytes: Uint8Array, alt: string): HTMLImageElement {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" }));
  return h("img", { src: url, alt, onload: () => URL.revokeObjectURL(url) });
}

import { probability } from "../../../src/render/format.js";
import { claimCode } from "../../../src/widgets/claim-code.js";
import { regionFromRuns } from "../../../src/widgets/region-runs.js";
import type { ClaimAction, ClaimEntry, TestTheClaimTraits } from "../../../src/widgets/traits/index.js";
import { SharedView } from "../camera.js";
import { copyText } from "../clipboard.js";
import { announcer, button, h, pictureKeys } from "../dom.js";
import { draw, photoOf } from "../drawing.js";
import { readExplanation, type ShownExplanation } from "../explanation.js";
import { integersOf } from "../model.js";
import { kernelNotice, type Notice, noticeLine } from "../notice.js";
import type { Render } from "../view.js";
import { ChangedPicture } from "./changed-picture.js";
import { claimFields } from "./claim-fields.js";
import { ClaimHistory, type ClaimView } from "./claim-history.js";
import { ClaimResult } from "./claim-result.js";
import { RegionEditor } from "./region-editor.js";
import { RegionMask } from "./region-mask.js";

/** Draw on the picture, and see what the model says without that part. */
export const testTheClaim: Render<TestTheClaimTraits> = async (view) => {
  const [wire] = view.get("explanation");
  view.el.replaceChildren(
    wire ? new ClaimTester(view, await readExplanation(wire)).el : h("p", { class: "sl-note" }, "Nothing to test yet."),
  );
};

class ClaimTester {
  readonly el: HTMLElement;
  readonly #view: ClaimView;
  readonly #history: ClaimHistory;
  readonly #mask: RegionMask;
  readonly #editor: RegionEditor;
  readonly #result: ClaimResult;
  readonly #changed: ChangedPicture;
  /** What to do next with the chosen tools. */
  readonly #hint = h("p", { class: "sl-note" });
  readonly #notice: ReturnType<typeof noticeLine>;
  readonly #status = announcer();
  readonly #copied = h("div");
  readonly #undo = button("Undo", () => this.#go(-1));
  readonly #redo = button("Redo", () => this.#go(1));
  #fill: ClaimEntry["fill"] = "blur";

  constructor(view: ClaimView, explanation: ShownExplanation) {
    this.#view = view;
    const [width, height] = view.get("grid");
    const camera = new SharedView();
    const photo = photoOf(explanation);
    this.#mask = new RegionMask(width, height, integersOf(view.get("segments")));
    this.#editor = new RegionEditor(view, {
      camera,
      mask: this.#mask,
      ondrawn: () => this.#test(),
      ongo: (step) => this.#go(step),
    });
    this.#history = new ClaimHistory(view);
    this.#result = new ClaimResult(view);
    this.#changed = new ChangedPicture(view, this.#history, photo, camera);
    this.el = h("div", { class: "sl-claim" });
    this.#notice = noticeLine(this.el, () => this.#notices());
    this.el.append(...this.#layout(this.#controls(mapOf(view, explanation), photo)));
    view.watch(["history", "at", "state", "message"], () => this.#refresh());
    view.watchKernel(() => this.#refresh());
    this.#restore();
    this.#refresh();
    void this.#view.attempt(() => this.#changed.update());
  }

  #layout(controls: HTMLElement): HTMLElement[] {
    const { label, probability: p } = this.#view.get("target");
    return [
      h(
        "h3",
        { class: "sl-title" },
        "Is it true for ",
        h("strong", {}, label),
        h("span", { class: "sl-number" }, `, ${probability(p)}?`),
      ),
      this.#notice.el,
      h(
        "div",
        { class: "sl-claim-grid" },
        h("div", { class: "sl-claim-draw" }, h("h4", {}, "Draw on a part of the picture"), this.#editor.stage.el),
        this.#changed.el,
        h("div", { class: "sl-claim-verdict" }, this.#result.verdict, this.#status.el),
        controls,
      ),
      pictureKeys(KEYS, "draw on it"),
      h("div", { class: "sl-claim-evidence" }, this.#result.el, this.#result.chart, this.#changed.difference),
    ];
  }

  #controls(map: HTMLCanvasElement, picture: HTMLCanvasElement): HTMLElement {
    const backgrounds = { map, picture };
    this.#editor.stage.show(map);
    const fields = claimFields({
      editor: this.#editor,
      onaction: (action) => this.#act(action),
      onfill: (fill) => {
        this.#fill = fill;
        this.#test();
      },
      onbackground: (background) => this.#editor.stage.show(backgrounds[background], true),
    });
    return h(
      "div",
      { class: "sl-controls" },
      ...fields,
      h(
        "div",
        { class: "sl-buttons" },
        this.#undo,
        this.#redo,
        button("New region", () => this.#editor.clear()),
        button("Copy history as code", () => this.#copy()),
      ),
      this.#hint,
      this.#copied,
    );
  }

  #notices(): Notice | undefined {
    const failed = this.#view.get("state") === "failed";
    const gone = kernelNotice(this.#view, "test more");
    if (gone) return { ...gone, stale: gone.stale || failed };
    return failed ? { text: this.#view.get("message"), stale: true } : undefined;
  }

  #act(action: ClaimAction): void {
    this.#editor.action = action;
    this.#editor.offset = [0, 0];
    this.#editor.repaint();
    this.#hint.textContent = action === "move" ? "Drag the part to where it should be." : "";
    if (action !== "move") this.#test();
  }

  #test(): void {
    if (!this.#editor.isReady) return;
    if (!this.#view.live) return;
    this.#status.say("Asking the model …");
    const { action, offset } = this.#editor;
    this.#view.request({ type: "test", action, fill: this.#fill, offset, at: this.#history.at }, [
      this.#mask.data.slice().buffer,
    ]);
  }

  #go(step: -1 | 1): void {
    this.#history.go(step);
    this.#restore();
    this.#refresh();
    void this.#view.attempt(() => this.#changed.update());
  }

  /** Puts the region of the shown entry back on the picture. */
  #restore(): void {
    const { entry } = this.#history;
    this.#mask.clear();
    if (entry) this.#mask.set(regionFromRuns(this.#mask.width, this.#mask.height, entry.runs).mask);
    this.#editor.offset = entry?.offset ?? [0, 0];
    this.#editor.repaint();
  }

  async #copy(): Promise<void> {
    this.#copied.replaceChildren();
    const code = claimCode(this.#view.get("grid"), this.#view.get("history"));
    this.#status.say((await copyText(code, this.#copied)) ? "Copied." : "Copy the marked text.");
  }

  #refresh(): void {
    this.#history.follow();
    const { entry, canUndo, canRedo } = this.#history;
    const state = this.#view.get("state");
    this.el.dataset.state = state;
    this.#undo.disabled = !canUndo;
    this.#redo.disabled = !canRedo;
    this.#notice.update();
    this.#result.show(entry);
    this.#status.say(state === "working" ? "Asking the model …" : "");
  }
}

const KEYS = [
  ["Arrows", "move the cursor"],
  ["Space", "draws: one corner, then the other"],
  ["Enter", "tests"],
  ["Shift+arrows", "move the part"],
  ["Esc", "clears"],
  ["Ctrl+Z", "undoes"],
] as const;

/** The map for the class that is watched. */
function mapOf(view: ClaimView, explanation: ShownExplanation): HTMLCanvasElement {
  const { index } = view.get("target");
  const at = explanation.targets.findIndex((target) => target.index === index);
  return draw(explanation, Math.max(0, at), {}).canvas();
}

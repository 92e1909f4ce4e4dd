import { plural } from "../../../src/render/format.js";
import { button, h, uniqueId } from "../dom.js";
import { canvasBlob } from "../pictures.js";
import { Webcam } from "../webcam.js";
import { LONGEST } from "./picked-files.js";
import type { TrainerView } from "./trainer-view.js";

/** From one picture to the next while the button is held, in milliseconds. */
const PACE = 150;

/** Pictures of a class by camera: as many as the button is held for. */
export class TrainerCamera {
  readonly #view: TrainerView;
  readonly #say: (text: string) => void;
  readonly #webcam: Webcam;
  /** Turns the camera on and off. */
  readonly toggle = button("Camera", () => void this.#onOrOff(), { class: "sl-button sl-trainer-train" });
  readonly #label = h("input", { id: uniqueId("class"), type: "text", maxlength: 60, class: "sl-text" });
  readonly #known = h("datalist", { id: uniqueId("classes") });
  readonly #hold = button("Hold to take pictures", () => {}, { class: "sl-button sl-trainer-hold" });
  /** What it sees, and whose pictures these are; while it is on. */
  readonly el = h("section", { class: "sl-trainer-camera", "aria-label": "Pictures by camera", hidden: true });
  /** Since the button went down; undefined while it is up. */
  #press: { readonly label: string; taken: number } | undefined;

  constructor(view: TrainerView, say: (text: string) => void) {
    this.#view = view;
    this.#say = say;
    this.#webcam = new Webcam(view);
    this.#label.setAttribute("list", this.#known.id);
    this.el.append(
      this.#webcam.el,
      h("div", {}, h("label", { for: this.#label.id }, "Class of these pictures"), this.#label, this.#hold),
      this.#known,
    );
    this.#takesHolds();
    view.watch(["groups"], () => this.#follow());
    view.watchKernel(() => this.#follow());
    view.onLeave(() => this.#release());
    this.#follow();
  }

  #takesHolds(): void {
    const hold = this.#hold;
    hold.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      hold.setPointerCapture(event.pointerId);
      this.#begin();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      hold.addEventListener(end, () => this.#release());
    }
    hold.addEventListener("click", ({ detail }) => {
      // a click that no pointer and no key made: a screen reader's
      if (detail !== 0) return;
      this.#begin();
      this.#release();
    });
    hold.addEventListener("contextmenu", (event) => event.preventDefault());
    const isKey = ({ key }: KeyboardEvent) => key === " " || key === "Enter";
    hold.addEventListener("keydown", (event) => {
      if (!isKey(event)) return;
      event.preventDefault();
      if (!event.repeat) this.#begin();
    });
    hold.addEventListener("keyup", (event) => {
      if (isKey(event)) this.#release();
    });
  }

  async #onOrOff(): Promise<void> {
    if (this.#webcam.running) this.#webcam.stop();
    else this.#say((await this.#webcam.start(() => this.#follow())) ?? "");
    this.#follow();
  }

  #follow(): void {
    if (!this.#view.live) this.#webcam.stop();
    const on = this.#webcam.running;
    if (!on) this.#release();
    this.toggle.textContent = on ? "Stop the camera" : "Camera";
    this.toggle.hidden = !this.#view.live;
    this.el.hidden = !on;
    const labels = this.#view.get("groups").map(({ label }) => label);
    this.#known.replaceChildren(...labels.map((value) => h("option", { value })));
    if (on && this.#label.value === "") this.#label.value = labels.at(-1) ?? "";
  }

  #begin(): void {
    if (this.#press) return;
    const label = this.#label.value.trim();
    if (label === "") {
      this.#say("Name the class first.");
      this.#label.focus();
      return;
    }
    const press = { label, taken: 0 };
    this.#press = press;
    this.#hold.toggleAttribute("data-held", true);
    void this.#view.attempt(() => this.#take(press));
  }

  #release(): void {
    this.#press = undefined;
    this.#hold.toggleAttribute("data-held", false);
  }

  /** Takes one picture after the other until the button is let go; a short press takes one. */
  async #take(press: { readonly label: string; taken: number }): Promise<void> {
    const { label } = press;
    while (this.#webcam.running && (this.#press === press || press.taken === 0)) {
      const frame = this.#webcam.look(LONGEST);
      if (frame) {
        press.taken += 1;
        const bytes = await (await canvasBlob(frame, "image/jpeg")).arrayBuffer();
        this.#view.request({ type: "add-pictures", label }, [bytes]);
      }
      await new Promise((done) => setTimeout(done, PACE));
    }
    this.#say(`${plural(press.taken, "picture")} of ${label} taken.`);
  }
}

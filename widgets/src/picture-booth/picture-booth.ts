import type { RawImage } from "../../../src/image/types.js";
import { probability } from "../../../src/render/format.js";
import type { PictureBoothTraits } from "../../../src/widgets/traits/index.js";
import { answerCanvas } from "../answer-map.js";
import { announcer, button, h } from "../dom.js";
import { bytesOf, type Received } from "../model.js";
import { messageNotice, noticeLine } from "../notice.js";
import { canvasBlob, decodePicture, toRgb } from "../pictures.js";
import { scoreBars } from "../score-bars.js";
import { Stage } from "../stage.js";
import type { Render, View } from "../view.js";
import { Webcam } from "../webcam.js";
import { readBoothFile } from "./booth-file.js";

type BoothView = View<Received<PictureBoothTraits> & object>;

/** A picture of one's own: dropped, pasted, from a file or the camera. */
export const pictureBooth: Render<PictureBoothTraits> = (view) => {
  view.el.replaceChildren(new Booth(view as BoothView).el);
};

/** Longest side of a picture that is one of many, and of one that stays. */
const LIVE = 480;
const STILL = 1024;

/** Answers whose pace is told. */
const PACED = 10;

class Booth {
  readonly el = h("div", { class: "sl-booth" });
  readonly #view: BoothView;
  readonly #webcam: Webcam;
  readonly #stage: Stage;
  readonly #status = announcer();
  readonly #notice: ReturnType<typeof noticeLine>;
  readonly #file = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    onchange: () => {
      const [file] = this.#file.files ?? [];
      if (file) void this.#bring(file);
      this.#file.value = "";
    },
  });
  readonly #choose = button("Choose a file", () => this.#file.click(), { class: "sl-button sl-booth-main" });
  readonly #camera = button("Camera", () => void this.#toggleCamera(), { class: "sl-button sl-booth-main" });
  readonly #snap = button("Take this picture", () => void this.#takePicture(), { class: "sl-button sl-booth-main" });
  readonly #forget = button("Forget it", () => this.#clear());
  readonly #empty = h(
    "p",
    { class: "sl-booth-empty" },
    "Drop a picture here, paste one, choose a file or use the camera.",
  );
  readonly #answer = h("p", { class: "sl-booth-answer" });
  readonly #bars = h("div");
  readonly #pace = h("p", { class: "sl-booth-pace sl-number" });
  readonly #notes = h("p", { class: "sl-note" });
  /** What was said of the file that was brought last, or of the camera. */
  #said = "";
  #note = "";
  /** The picture that was sent last, as this page has it. */
  #sent: { readonly number: number; readonly image: RawImage | undefined } | undefined;
  #number = 0;
  /** How often the reader brought or forgot a picture: a file that took longer to read than that is not sent. */
  #turn = 0;
  #times: number[] = [];

  constructor(view: BoothView) {
    this.#view = view;
    this.#webcam = new Webcam(view);
    this.#stage = new Stage({ scope: view, size: 640, label: "Your picture" });
    this.#notice = noticeLine(this.el, () => messageNotice(view, "bring a picture", { said: this.#said }));
    this.el.append(
      h("h3", { class: "sl-title" }, "What does ", h("strong", {}, view.get("subject")), " say of your picture?"),
      this.#notice.el,
      h("div", { class: "sl-booth-grid" }, this.#dropZone(), this.#side()),
      this.#status.el,
    );
    this.#takePastes();
    view.watch(["answer", "number", "shown", "message", "notes"], () => this.#answered());
    view.watchKernel(() => {
      if (!view.live) this.#webcam.stop();
      this.#refresh();
    });
    this.#refresh();
    void view.attempt(() => this.#answered());
  }

  #dropZone(): HTMLElement {
    const zone = h("div", { class: "sl-booth-zone" }, this.#empty, this.#stage.el);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", true);
    });
    zone.addEventListener("dragleave", () => zone.toggleAttribute("data-over", false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void this.#bring(file);
      else this.#tell("That was no file: save the picture first, or copy it and paste it here.");
    });
    return zone;
  }

  #side(): HTMLElement {
    return h(
      "div",
      { class: "sl-booth-side" },
      h("div", { class: "sl-buttons" }, this.#choose, this.#camera, this.#snap, this.#file),
      this.#answer,
      this.#bars,
      this.#pace,
      this.#notes,
      h("p", { class: "sl-note" }, whereTo(this.#view.get("inPage"))),
      h("div", { class: "sl-buttons" }, this.#forget),
    );
  }

  #takePastes(): void {
    this.el.tabIndex = -1;
    this.el.addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      event.preventDefault();
      event.stopPropagation();
      if (file) void this.#bring(file);
      else this.#tell("There is no picture on the clipboard.");
    });
  }

  /** Says why something did not happen. */
  #tell(text: string): void {
    this.#said = text;
    this.#refresh();
  }

  async #bring(file: File): Promise<void> {
    if (!this.#view.live) return;
    this.#webcam.stop();
    this.#turn += 1;
    const turn = this.#turn;
    this.#said = "";
    this.#status.say(`Reading ${file.name || "the picture"} …`);
    const read = await readBoothFile(file);
    if (turn !== this.#turn) return;
    this.#status.say("");
    if ("refused" in read) {
      this.#tell(read.refused);
      return;
    }
    this.#note = read.note;
    await this.#send(read.encoded, file.name || "picture", false);
    this.#refresh();
  }

  /** @param image the picture as this page has it; without one, the kernel's is shown */
  async #send(encoded: Blob, name: string, live: boolean, image?: RawImage): Promise<void> {
    const bytes = await encoded.arrayBuffer();
    this.#number = Math.max(this.#number, this.#view.get("number")) + 1;
    this.#sent = { number: this.#number, image };
    this.#view.request({ type: "picture", number: this.#number, name, live }, [bytes]);
  }

  async #toggleCamera(): Promise<void> {
    if (this.#webcam.running) {
      this.#webcam.stop();
      this.#refresh();
      return;
    }
    this.#turn += 1;
    this.#said = "";
    this.#note = "";
    this.#times = [];
    const reason = await this.#webcam.start(() => {
      this.#webcam.stop();
      this.#refresh();
    });
    if (reason) this.#said = reason;
    this.#refresh();
    if (!reason) await this.#sendFrame();
  }

  /** Sends what the camera sees; the next picture goes when this one is answered. */
  async #sendFrame(): Promise<void> {
    const frame = this.#webcam.look(LIVE);
    if (!frame) {
      if (this.#webcam.running) requestAnimationFrame(() => void this.#sendFrame());
      return;
    }
    const blob = await canvasBlob(frame, "image/jpeg");
    if (this.#webcam.running && this.#view.live) await this.#send(blob, "camera", true, pixelsOf(frame));
  }

  async #takePicture(): Promise<void> {
    const frame = this.#webcam.look(STILL);
    if (!frame) return;
    this.#webcam.stop();
    this.#refresh();
    await this.#send(await canvasBlob(frame, "image/jpeg"), "camera", false, pixelsOf(frame));
  }

  #clear(): void {
    this.#webcam.stop();
    this.#turn += 1;
    this.#said = "";
    this.#note = "";
    this.#sent = undefined;
    this.#view.request({ type: "clear" });
    this.#refresh();
  }

  /** Shows what the kernel says of the latest picture. */
  async #answered(): Promise<void> {
    const [answer] = this.#view.get("answer");
    const number = this.#view.get("number");
    const image = await this.#imageOf(number);
    if (number !== this.#view.get("number")) return;
    this.el.toggleAttribute("data-picture", answer !== undefined && image !== undefined);
    this.el.dataset.number = String(number);
    if (answer) {
      const [{ label, probability: top }] = answer.predictions;
      const said = `${label} ${probability(top)}`;
      this.#status.say(this.#webcam.running ? "" : said);
      if (image) this.#stage.show(answerCanvas(image, answer));
      this.#stage.label = `${this.#view.get("name")}: ${said}`;
      this.#answer.replaceChildren(
        h("strong", {}, label),
        " ",
        h("span", { class: "sl-number", title: String(top) }, probability(top)),
      );
      this.#bars.replaceChildren(scoreBars(answer.predictions));
    } else {
      this.#answer.replaceChildren();
      this.#bars.replaceChildren();
    }
    this.#refresh();
    if (this.#webcam.running && this.#sent && number >= this.#sent.number) {
      this.#times = [...this.#times, performance.now()].slice(-PACED);
      await this.#sendFrame();
    }
  }

  /** The picture that the kernel has answered; this page's own where it sent it. */
  async #imageOf(number: number): Promise<RawImage | undefined> {
    if (this.#sent?.number === number && this.#sent.image) return this.#sent.image;
    const shown = this.#view.get("shown");
    return bytesOf(shown).length > 0 ? toRgb(await decodePicture(shown)) : undefined;
  }

  #refresh(): void {
    const { live } = this.#view;
    const on = this.#webcam.running;
    for (const each of [this.#choose, this.#camera]) each.disabled = !live;
    this.#camera.textContent = on ? "Stop the camera" : "Camera";
    this.#snap.hidden = !on;
    this.#forget.hidden = !live || this.#view.get("answer").length === 0;
    this.el.dataset.camera = on ? "on" : "off";
    const [first, last] = [this.#times[0], this.#times.at(-1) ?? 0];
    const pace = (1000 * (this.#times.length - 1)) / (last - first);
    this.#pace.textContent = on && this.#times.length > 1 ? `${pace.toFixed(pace < 10 ? 1 : 0)} pictures a second` : "";
    this.#notes.textContent = [this.#note, ...this.#view.get("notes")].filter(Boolean).join(" · ");
    this.#notice.update();
  }
}

function pixelsOf(canvas: HTMLCanvasElement): RawImage | undefined {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return context ? toRgb(context.getImageData(0, 0, canvas.width, canvas.height)) : undefined;
}

/** Where pictures go, as far as this page can know it. */
function whereTo(inPage: boolean): string {
  if (inPage) return "Nothing leaves this page: the model runs in it.";
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\]|)$/.test(location.hostname);
  if (isHere) return "Nothing leaves this machine: pictures go to the kernel, which runs on it.";
  return `Pictures go to the notebook's kernel at ${location.hostname}, and nowhere else.`;
}

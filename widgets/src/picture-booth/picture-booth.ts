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

/** What is told of a picture that is sent. */
interface Sent {
  /** What the reader had done last when it was taken. */
  readonly turn: number;
  readonly name: string;
  /** Whether it is one of many that the camera gives. */
  readonly live: boolean;
  /** The picture as this page has it, where the kernel does not send it back. */
  readonly image?: RawImage;
}

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
  /** The number of the camera's picture that the kernel has not answered yet. */
  #awaited: number | undefined;
  /** How often the reader did something: a picture that took longer to read than that is not sent. */
  #turn = 0;
  /** How often the kernel answered: a picture that took longer to decode than that is not shown. */
  #answers = 0;
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
    const turn = this.#nextTurn();
    this.#status.say(`Reading ${file.name || "the picture"} …`);
    const read = await readBoothFile(file);
    if (turn !== this.#turn) return;
    this.#status.say("");
    if ("refused" in read) {
      this.#tell(read.refused);
      return;
    }
    this.#note = read.note;
    this.#refresh();
    await this.#send(read.encoded, { turn, name: file.name || "picture", live: false });
  }

  /** Something else begins: the camera stops, and what is being read is not sent. @returns its number */
  #nextTurn(): number {
    this.#webcam.stop();
    this.#status.say("");
    this.#said = "";
    this.#note = "";
    this.#awaited = undefined;
    this.#turn += 1;
    return this.#turn;
  }

  /** Sends a picture unless the reader has done something else meanwhile. */
  async #send(encoded: Blob, { turn, name, live, image }: Sent): Promise<void> {
    const bytes = await encoded.arrayBuffer();
    if (turn !== this.#turn || !this.#view.live) return;
    this.#number = Math.max(this.#number, this.#view.get("number")) + 1;
    this.#sent = { number: this.#number, image };
    if (live) this.#awaited = this.#number;
    this.#view.request({ type: "picture", number: this.#number, name, live }, [bytes]);
  }

  async #toggleCamera(): Promise<void> {
    const { running } = this.#webcam;
    const turn = this.#nextTurn();
    if (running) {
      this.#refresh();
      return;
    }
    this.#times = [];
    const reason = await this.#webcam.start(() => {
      this.#nextTurn();
      this.#refresh();
    });
    if (turn !== this.#turn) return;
    if (reason) this.#said = reason;
    this.#refresh();
    if (!reason) await this.#sendFrame();
  }

  /** Sends what the camera sees; the next picture goes when this one is answered. */
  async #sendFrame(): Promise<void> {
    const turn = this.#turn;
    const frame = this.#webcam.look(LIVE);
    if (!frame) {
      if (this.#webcam.running) requestAnimationFrame(() => void this.#sendFrame());
      return;
    }
    const encoded = await canvasBlob(frame, "image/jpeg");
    await this.#send(encoded, { turn, name: "camera", live: true, image: pixelsOf(frame) });
  }

  async #takePicture(): Promise<void> {
    const frame = this.#webcam.look(STILL);
    if (!frame) return;
    const turn = this.#nextTurn();
    this.#refresh();
    const encoded = await canvasBlob(frame, "image/jpeg");
    await this.#send(encoded, { turn, name: "camera", live: false });
  }

  #clear(): void {
    this.#nextTurn();
    this.#sent = undefined;
    this.#view.request({ type: "clear" });
    this.#refresh();
  }

  /** Shows what the kernel says of the latest picture. */
  async #answered(): Promise<void> {
    const [answer] = this.#view.get("answer");
    const number = this.#view.get("number");
    this.#answers += 1;
    const turn = this.#answers;
    const image = await this.#imageOf(number);
    // each trait that changed calls this: the last call has them all
    if (turn !== this.#answers) return;
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
    if (this.#awaited !== undefined && number >= this.#awaited) {
      this.#awaited = undefined;
      this.#times = [...this.#times, performance.now()].slice(-PACED);
      await this.#sendFrame();
    }
  }

  /** The picture that the kernel has answered; of the camera, as this page sent it. */
  async #imageOf(number: number): Promise<RawImage | undefined> {
    const shown = this.#view.get("shown");
    if (bytesOf(shown).length > 0) return toRgb(await decodePicture(shown));
    return this.#sent?.number === number ? this.#sent.image : undefined;
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

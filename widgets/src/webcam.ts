import { h } from "./dom.js";
import { scaled } from "./reduced-picture.js";
import type { Scope } from "./view.js";

/** The camera of the machine that the page is on. */
export class Webcam {
  readonly #video = h("video", { muted: true, playsinline: true });
  #stream: MediaStream | undefined;
  /** How often it was turned on or off: a camera that was allowed too late stays off. */
  #turn = 0;

  constructor(scope: Scope) {
    scope.onLeave(() => this.stop());
  }

  /** What it sees, live. */
  get el(): HTMLVideoElement {
    return this.#video;
  }

  get running(): boolean {
    return this.#stream !== undefined;
  }

  /** Turns the camera on. @param onend it ended by itself: somebody unplugged it. @returns why it could not be; undefined when it runs, or was turned off meanwhile */
  async start(onend: () => void): Promise<string | undefined> {
    // without https a browser hides its cameras
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!devices) return "The camera needs a page from https or from this machine.";
    this.stop();
    const turn = this.#turn;
    try {
      const stream = await devices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "environment" } });
      if (turn !== this.#turn) {
        stopAll(stream);
        return undefined;
      }
      this.#stream = stream;
      for (const track of stream.getTracks()) {
        track.addEventListener("ended", () => {
          if (this.#stream !== stream) return;
          this.stop();
          onend();
        });
      }
      this.#video.srcObject = stream;
      await this.#video.play();
      return undefined;
    } catch (error) {
      if (turn !== this.#turn) return undefined;
      this.stop();
      return reasonOf(error);
    }
  }

  stop(): void {
    this.#turn += 1;
    if (this.#stream) stopAll(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
  }

  /** What the camera sees now, with no side longer than is asked for; nothing before its first picture. */
  look(longest: number): HTMLCanvasElement | undefined {
    const { videoWidth, videoHeight } = this.#video;
    if (!this.#stream || videoWidth === 0) return undefined;
    return scaled(this.#video, videoWidth, videoHeight, longest);
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function reasonOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "The camera was refused: allow it beside the page's address, then press Camera again. A file will do, too.";
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") return "There is no camera here: choose a file.";
  if (name === "NotReadableError") return "The camera is in use by another program: close it there, then try again.";
  return `The camera does not start: ${error instanceof Error ? error.message : String(error)}`;
}

import assert from "node:assert/strict";
import type { CDPSession, Locator, Page } from "playwright-core";

/** A place in a part of the page, as shares of its width and height. */
export type Share = readonly [x: number, y: number];

/** A finger on a page with a touch screen: real touch events. */
export class Finger implements AsyncDisposable {
  private constructor(private readonly session: CDPSession) {}

  static async on(page: Page): Promise<Finger> {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    return new Finger(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.send("Emulation.setTouchEmulationEnabled", { enabled: false });
    await this.session.detach();
  }

  /** Taps a part of the page, in its middle or elsewhere. */
  async tap(part: Locator, at: Share = [0.5, 0.5]): Promise<void> {
    await this.draw(part, [at]);
  }

  /** Lays the finger down at the first place, draws it over the others, lifts it at the last. */
  async draw(part: Locator, path: readonly Share[]): Promise<void> {
    // brings it into view, waits until it rests and nothing lies over it, and presses nothing
    await part.click({ trial: true });
    const box = await part.boundingBox();
    assert.ok(box);
    for (const [i, [x, y]] of path.entries()) {
      await this.#send(i === 0 ? "touchStart" : "touchMove", [{ x: box.x + x * box.width, y: box.y + y * box.height }]);
    }
    await this.#send("touchEnd", []);
  }

  #send(type: "touchStart" | "touchMove" | "touchEnd", touchPoints: { x: number; y: number }[]): Promise<unknown> {
    return this.session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}

import assert from "node:assert/strict";
import type { CDPSession, Locator, Page } from "playwright-core";

/** A place in a part of the page, as shares of its width and height. */
export type Share = readonly [x: number, y: number];

/** Brings a part of the page into view, waits until it rests, nothing lies over it and it is painted as it now is. */
async function resting(part: Locator): Promise<(at: Share) => { x: number; y: number }> {
  await part.click({ trial: true });
  // what a finger may do there is known to the browser once it has painted
  await part.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  const box = await part.boundingBox();
  assert.ok(box);
  return ([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height });
}

/** Presses the mouse at the first place, draws it over the others, lets go at the last. */
export async function drag(page: Page, part: Locator, ...path: readonly Share[]): Promise<void> {
  const [first, ...rest] = path.map(await resting(part));
  await page.mouse.move(first.x, first.y);
  await page.mouse.down();
  for (const { x, y } of rest) await page.mouse.move(x, y, { steps: 10 });
  await page.mouse.up();
}

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
    const place = (await resting(part))(at);
    // sent together: between two messages a slow page would take the tap for a long press
    await Promise.all([this.#send("touchStart", [place]), this.#send("touchEnd", [])]);
  }

  /** Lays the finger down at the first place, draws it over the others, lifts it at the last. */
  async draw(part: Locator, path: readonly Share[]): Promise<void> {
    for (const [i, place] of path.map(await resting(part)).entries()) {
      await this.#send(i === 0 ? "touchStart" : "touchMove", [place]);
    }
    // a finger that is lifted while it moves flings, and the next tap would stop the fling instead of pressing
    await part.page().waitForTimeout(100);
    await this.#send("touchEnd", []);
  }

  #send(type: "touchStart" | "touchMove" | "touchEnd", touchPoints: { x: number; y: number }[]): Promise<unknown> {
    return this.session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}

import type { Page } from "playwright-core";

export type Point = readonly [x: number, y: number];

/** A finger on a page: real touch events, in pixels of the viewport. */
export class Finger {
  private constructor(private readonly send: (type: string, points: readonly Point[]) => Promise<unknown>) {}

  static async on(page: Page): Promise<Finger> {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    return new Finger((type, points) =>
      session.send("Input.dispatchTouchEvent", {
        type: type as "touchStart",
        touchPoints: points.map(([x, y]) => ({ x, y })),
      }),
    );
  }

  async down(point: Point): Promise<void> {
    await this.send("touchStart", [point]);
  }

  async up(): Promise<void> {
    await this.send("touchEnd", []);
  }

  async tap(point: Point): Promise<void> {
    await this.down(point);
    await this.up();
  }

  /** Lays the finger down at the first place, draws it over the others, lifts it at the last. */
  async draw(path: readonly Point[]): Promise<void> {
    await this.down(path[0]);
    for (const point of path.slice(1)) await this.send("touchMove", [point]);
    await this.up();
  }
}

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Browser, Page } from "playwright-core";
import { explain } from "../../src/explain/explain.js";
import type { Explanation } from "../../src/explain/explanation.js";
import type { ImageSource } from "../../src/image/types.js";
import type { DetectedObject } from "../../src/model/detection/types.js";
import type { Model } from "../../src/model/types.js";
import type { WireMap } from "../../src/widgets/traits/index.js";
import { foreignRequests, type StaticServer } from "./site-support.js";
import { openPage } from "./support.js";

const PATIENCE = 120_000;
/** Largest difference of probabilities, and of a map's values as a share of the largest. */
const TOLERANCE = 1e-5;

const near = (a: number, b: number, most: number, what: string) =>
  assert.ok(Math.abs(a - b) <= most, `${what}: ${a} and ${b} differ by more than ${most}`);

/** What the page was told of an explanation: the map's raw values, and how it was made. */
export interface SeenMap {
  readonly method: string;
  readonly target: number;
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
}

/** Keeps the first map of every viewer that the engine opens, as it came from the worker. */
function listen(): void {
  const page = globalThis as unknown as { seen: unknown[]; Worker: typeof Worker };
  page.seen = [];
  page.Worker = class extends page.Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        if (data.kind !== "open" || data.state.kind !== "saliency-viewer") return;
        const [{ maps, provenance, targets }] = data.state.explanations as {
          maps: WireMap[];
          provenance: { method: string };
          targets: { index: number }[];
        }[];
        const at = data.paths.findIndex((path: unknown[]) => path.join(".") === "explanations.0.maps.0.data");
        const bytes = data.buffers[at] as Uint8Array;
        const values = [...new Float32Array(bytes.slice().buffer)];
        const { width, height } = maps[0];
        page.seen.push({ method: provenance.method, target: targets[0].index, width, height, values });
      });
    }
  };
}

export interface OpenOptions {
  readonly path?: string;
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
}

/** The playground in a browser, as a visitor has it. */
export class PlaygroundPage implements AsyncDisposable {
  private constructor(
    readonly page: Page,
    readonly problems: readonly string[],
    readonly foreign: readonly string[],
  ) {}

  static async open(
    browser: Browser,
    server: StaticServer,
    { path = "", colorScheme = "light", ...size }: OpenOptions = {},
  ): Promise<PlaygroundPage> {
    const { page, problems } = await openPage(browser, { width: 1280, height: 720, ...size });
    await page.emulateMedia({ colorScheme });
    await page.addInitScript(listen);
    const foreign = foreignRequests(page, server);
    await page.goto(server.url + path);
    return new PlaygroundPage(page, problems, foreign);
  }

  /** Waits until the page has nothing to do, or says why it cannot. */
  async settled(): Promise<void> {
    const rests = ["done", "failed", "cancelled"].map((state) => `#playground[data-state="${state}"]`);
    await this.page.locator(rests.join(", ")).waitFor({ timeout: PATIENCE });
  }

  /** Gives files as the file dialogue of the model or of the picture does. */
  async choose(
    what: "Model" | "Picture",
    files: Parameters<ReturnType<Page["locator"]>["setInputFiles"]>[0],
  ): Promise<void> {
    await this.page.locator(".pg-source", { hasText: what }).locator("input[type=file]").setInputFiles(files);
    await this.settled();
  }

  /** Drops files on the page, as from the desktop. */
  async drop(paths: readonly string[]): Promise<void> {
    const files = await Promise.all(
      paths.map(async (path) => ({ name: basename(path), base64: (await readFile(path)).toString("base64") })),
    );
    const transfer = await this.page.evaluateHandle((list) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of list) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      }
      return transfer;
    }, files);
    await this.page.dispatchEvent("#playground", "drop", { dataTransfer: transfer });
    await this.settled();
  }

  /** The classes that the model names, with their whole probabilities. */
  async predictions(): Promise<{ label: string; probability: number }[]> {
    const rows = await this.page.locator(".pg-answers button").all();
    return Promise.all(
      rows.map(async (row) => {
        const [, label, value] =
          /^Why (.*)\? \(([^,]*)(?:, (?:from|in) .*)?\)$/s.exec((await row.getAttribute("title")) ?? "") ?? [];
        assert.ok(label);
        return { label, probability: Number(value) };
      }),
    );
  }

  /** The map that was opened last. */
  async map(): Promise<SeenMap> {
    return (await this.page.evaluate("seen.at(-1)")) as SeenMap;
  }

  /** What went wrong, in the page's words. */
  async error(): Promise<string | undefined> {
    const error = this.page.locator("#playground > .sl-error:visible");
    return (await error.count()) > 0 ? ((await error.textContent()) ?? "") : undefined;
  }

  /** What was found in the model and assumed of it, in the page's words. */
  async found(): Promise<string> {
    return (await this.page.locator(".pg-found").textContent()) ?? "";
  }

  /** Asserts that the page says and shows of a picture what a model says here, and what the method finds. */
  async agrees(
    model: Model,
    picture: ImageSource,
    options: { targets?: number; targetLayer?: string } = {},
    tolerance = TOLERANCE,
  ): Promise<void> {
    const name = model.info.name;
    const expected = await model.predict(picture, { top: 5 });
    const seen = await this.predictions();
    assert.equal(seen.length, expected.length, name);
    for (const [i, { probability }] of expected.entries()) near(seen[i].probability, probability, tolerance, name);
    const { targets = expected[0].index } = options;
    await this.agreesOnMap(await explain(model, picture, { preset: "speed", targets, ...options }), tolerance);
  }

  /** Asserts that the page lists the objects that a detector finds here. */
  async agreesOnObjects(objects: readonly DetectedObject[]): Promise<void> {
    const seen = await this.predictions();
    assert.deepEqual(
      seen.map(({ label }) => label),
      objects.map(({ name }) => name),
    );
    for (const [i, { score }] of objects.entries()) near(seen[i].probability, score, TOLERANCE, `object ${i}`);
  }

  /** Asserts that the page was told of a map what is computed here. */
  async agreesOnMap(explanation: Explanation, tolerance = TOLERANCE): Promise<void> {
    const { model, method } = explanation.provenance;
    const map = explanation.map();
    const shown = await this.map();
    assert.deepEqual(
      [shown.method, shown.target, shown.width, shown.height],
      [method, explanation.targets[0].index, map.width, map.height],
      model.name,
    );
    const largest = Math.max(...map.data.map(Math.abs));
    for (const [i, value] of map.data.entries())
      near(shown.values[i], value, tolerance * largest, `${model.name}, value ${i}`);
  }

  /** Draws a box over the claim's picture by mouse, left, top, right and bottom in shares of it. */
  async claims([left, top, right, bottom]: readonly [number, number, number, number]): Promise<void> {
    const picture = this.page.locator(".pg-part .sl-frame").first();
    await picture.scrollIntoViewIfNeeded();
    const box = await picture.boundingBox();
    assert.ok(box);
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    await this.page.mouse.move(...at(left, top));
    await this.page.mouse.down();
    await this.page.mouse.move(...at((left + right) / 2, (top + bottom) / 2));
    await this.page.mouse.move(...at(right, bottom));
    await this.page.mouse.up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

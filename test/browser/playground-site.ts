import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { buildSite, type SiteOptions } from "../../src/export/site/build-site.js";
import { type OpenOptions, PlaygroundPage } from "./playground-support.js";
import { type StaticServer, serveFolder } from "./site-support.js";
import { launch, root } from "./support.js";

/** The playground alone as a site, written before the tests of a suite and taken away after them. */
export class PlaygroundSite {
  readonly #options: Partial<Pick<SiteOptions, "title" | "model">>;
  readonly #servers = new Map<string, StaticServer>();
  readonly #browsers = new Map<string, Promise<Browser>>();
  #folder = "";

  /** To be made within the suite. */
  constructor(options: Partial<Pick<SiteOptions, "title" | "model">> = {}) {
    this.#options = options;
    before(() => this.#write());
    after(() => this.#end());
  }

  /** Place for a file of the test's. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** @param headers that the server sends with every file */
  async server(headers: Readonly<Record<string, string>> = {}): Promise<StaticServer> {
    const key = JSON.stringify(headers);
    const server = this.#servers.get(key) ?? (await serveFolder(this.#folder, headers));
    this.#servers.set(key, server);
    return server;
  }

  /** A page that has shown what visitors see first. @param gpu how Chromium is to find a graphics card */
  async open({ headers, gpu, ...options }: OpenOptions & Visit = {}): Promise<PlaygroundPage> {
    const playground = await PlaygroundPage.open(await this.#browser(gpu), await this.server(headers), options);
    await playground.settled();
    return playground;
  }

  #browser(gpu?: readonly string[]): Promise<Browser> {
    const key = String(gpu);
    const browser = this.#browsers.get(key) ?? launch(gpu);
    this.#browsers.set(key, browser);
    return browser;
  }

  async #write(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "sightline-playground-"));
    const notebooks = join(root, "notebooks");
    await buildSite(this.#folder, { notebooks, title: "Looks", playground: "alone", ...this.#options });
  }

  async #end(): Promise<void> {
    for (const browser of this.#browsers.values()) await (await browser).close();
    for (const server of this.#servers.values()) await server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

interface Visit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly gpu?: readonly string[];
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./support.js";

/** Path of a Firefox, or undefined where there is none. */
export function findFirefox(): string | undefined {
  const names = [process.env.FIREFOX, "firefox-esr", "firefox"];
  return names.find((name) => name && spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

type Answer = readonly [kind: 1, id: number, error: { message: string } | null, value: unknown];

/** Firefox as anybody installs it, driven by its own Marionette protocol: a length, a colon, JSON. */
export class Firefox implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #profile: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  private constructor(child: ChildProcess, socket: Socket, profile: string) {
    this.#child = child;
    this.#socket = socket;
    this.#profile = profile;
    let received = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const colon = received.indexOf(":");
        const end = colon + 1 + Number(received.subarray(0, Math.max(0, colon)));
        if (colon < 0 || received.length < end) return;
        const message = JSON.parse(received.subarray(colon + 1, end).toString("utf8")) as Answer;
        received = received.subarray(end);
        if (Array.isArray(message)) this.#waiting.get(message[1])?.(message);
      }
    });
  }

  /** @param size of the window's inside */
  static async open({ width, height } = { width: 1280, height: 900 }): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), "sightline-firefox-"));
    const port = await freePort();
    await writeFile(join(profile, "user.js"), `user_pref("marionette.port", ${port});\n`);
    const args = ["--headless", "--marionette", "--profile", profile, `--width=${width}`, `--height=${height}`];
    const child = spawn(findFirefox() as string, args, { stdio: "ignore" });
    const firefox = new Firefox(child, await connected(port), profile);
    await firefox.#ask("WebDriver:NewSession", {});
    return firefox;
  }

  async goto(url: string): Promise<void> {
    await this.#ask("WebDriver:Navigate", { url });
  }

  /** The value of an expression, or what its promise gives, in the page's own world. */
  async evaluate<T>(expression: string): Promise<T> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${expression}))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const parameters = { script, args: [], newSandbox: false, sandbox: null };
    const { value, error } = (
      (await this.#ask("WebDriver:ExecuteAsyncScript", parameters)) as {
        value: { value?: T; error?: string };
      }
    ).value;
    if (error !== undefined) throw new Error(error);
    return value as T;
  }

  /** Waits until an expression is true. */
  async until(expression: string, timeout = 120_000): Promise<void> {
    for (const deadline = Date.now() + timeout; Date.now() < deadline; ) {
      if (await this.evaluate(`Boolean(${expression})`)) return;
      await new Promise((done) => setTimeout(done, 250));
    }
    throw new Error(`it did not come: ${expression}`);
  }

  /** A PNG of what is seen. */
  async screenshot(): Promise<Buffer> {
    const { value } = (await this.#ask("WebDriver:TakeScreenshot", { full: false })) as { value: string };
    return Buffer.from(value, "base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((done) => this.#child.once("close", done));
    this.#socket.destroy();
    this.#child.kill("SIGTERM");
    await gone;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #ask(command: string, parameters: object): Promise<unknown> {
    const id = ++this.#count;
    const message = JSON.stringify([0, id, command, parameters]);
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
    const [, , error, value] = await answer;
    this.#waiting.delete(id);
    if (error) throw new Error(`${command}: ${error.message}`);
    return value;
  }
}

/** Firefox takes a while until it listens. */
async function connected(port: number): Promise<Socket> {
  for (const deadline = Date.now() + 120_000; ; ) {
    const socket = connect(port, "127.0.0.1");
    const opened = await new Promise<boolean>((done) => {
      socket.once("connect", () => done(true));
      socket.once("error", () => done(false));
    });
    if (opened) return socket;
    if (Date.now() > deadline) throw new Error("Firefox does not listen");
    await new Promise((done) => setTimeout(done, 250));
  }
}

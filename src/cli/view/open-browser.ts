import { spawn } from "node:child_process";

/** Programs that open an address in the reader's browser; the address is an argument, never part of a command line. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [program: string, ...options: string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Opens an address in the browser, where there is a display. @returns whether one was asked to */
export async function openBrowser(url: string): Promise<boolean> {
  const hasDisplay = process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!hasDisplay) return false;
  const [program, ...options] = OPENERS[process.platform] ?? ["xdg-open"];
  return new Promise((done) => {
    const child = spawn(program, [...options, url], { stdio: "ignore", detached: true });
    child.once("error", () => done(false));
    child.once("spawn", () => {
      child.unref();
      done(true);
    });
  });
}

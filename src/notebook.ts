import { checkKeys, checkText } from "./core/checks.js";
import "./core/host-types.js";
import { type Displayable, displaySymbol, type MimeBundle } from "./core/display.js";
import { type KernelHost, kernelHost, requireKernel } from "./kernel/host.js";
import { tslabDisplay } from "./kernel/tslab-display.js";

export { type Displayable, displaySymbol, isDisplayable, type MimeBundle } from "./core/display.js";
export { Comm, type CommListener, onComm } from "./kernel/comm.js";
export type { CommData, CommMessage, CommSendOptions } from "./kernel/host.js";

/** Whether this code runs in a notebook of the Sightline kernel. */
export function isInKernel(): boolean {
  return kernelHost() !== undefined;
}

/**
 * The signal that fires when the calling cell is interrupted; undefined outside of a cell.
 * @example
 * const signal = cellSignal();                                // fires when the reader presses Stop
 * await explain(model, "cat.png", { method: "rise", preset: "speed", signal });
 */
export function cellSignal(): AbortSignal | undefined {
  return kernelHost()?.cellSignal();
}

/**
 * Shows a value under the cell that runs: text as it is, objects as richly as they can be shown. It works in tslab's own
 * kernel, too.
 * @param options.id a name under which {@link updateDisplay} finds it again
 * @returns a promise that resolves when it was sent; outputs keep their order without waiting for it
 * @example
 * display("working …", { id: "state" });
 * updateDisplay("done", { id: "state" });
 * @throws SightlineError `not-supported` outside of a kernel
 */
export function display(value: unknown, options: { id?: string } = {}): Promise<void> {
  return kernelDisplay("display")(value, options);
}

/** Replaces what {@link display} showed under an id, in every cell where it stands. */
export function updateDisplay(value: unknown, options: { id: string }): Promise<void> {
  checkKeys(options, ["id"], "updateDisplay");
  checkText(options.id, "the id of updateDisplay", "the id that display was given");
  const { id } = options;
  return kernelDisplay("updateDisplay")(value, { id, update: true });
}

function kernelDisplay(what: string): KernelHost["display"] {
  const host = kernelHost();
  return host ? host.display.bind(host) : (tslabDisplay() ?? requireKernel(what).display);
}

/**
 * Takes away what the cell has shown.
 */
export function clearOutput({
  wait = false,
}: {
  /** Only when something new comes, so that an animation does not flicker. */
  wait?: boolean;
} = {}): void {
  requireKernel("clearOutput").clearOutput(wait);
}

/**
 * Asks the reader for a line of text.
 * @example
 * const name = await input("Which class? ");
 * @throws SightlineError `not-supported` where the front end cannot ask
 */
export function input(
  prompt = "",
  {
    password = false,
  }: {
    /** Hides what is typed. */
    password?: boolean;
  } = {},
): Promise<string> {
  return requireKernel("input").input(prompt, password);
}

/** A value that shows itself as given representations. */
export function mime(bundle: MimeBundle): Displayable {
  return { [displaySymbol]: () => bundle };
}

/** A value that shows itself as HTML. */
export const html = (source: string): Displayable => mime({ "text/html": source, "text/plain": "HTML" });
/** A value that shows itself as formatted Markdown. */
export const markdown = (source: string): Displayable => mime({ "text/markdown": source, "text/plain": source });
/**
 * A value that shows itself as a formula.
 * @param source LaTeX with its delimiters: `$…$` or an environment
 */
export const latex = (source: string): Displayable => mime({ "text/latex": source, "text/plain": source });
/** A value that shows itself as an SVG picture. */
export const svg = (source: string): Displayable => mime({ "image/svg+xml": source, "text/plain": "SVG" });
/** A value that runs as JavaScript in the page, in front ends that allow it. */
export const javascript = (source: string): Displayable =>
  mime({ "application/javascript": source, "text/plain": "JavaScript" });
/**
 * A value that shows itself as a tree.
 * @param value anything that JSON can hold
 */
export const json = (value: unknown): Displayable =>
  mime({ "application/json": value, "text/plain": JSON.stringify(value, undefined, 2) });

import type { DisplayOptions } from "./display-queue.js";

/** What tslab's kernel gives the code in its cells, as far as it is asked for here. */
interface TslabCells {
  require(name: "tslab"): { display: TslabDisplay; newDisplay(): TslabDisplay };
}

interface TslabDisplay {
  raw(type: string, content: string): void;
}

type Display = (value: unknown, options: DisplayOptions) => Promise<void>;

/** tslab shows one representation of a value: the first of these that it has. */
const RICHEST_FIRST = ["text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/latex"];

const named = new Map<string, TslabDisplay>();
let shown: Promise<unknown> = Promise.resolve();

/** Shows values under the cells of tslab's own kernel, in the order of the calls; undefined elsewhere. */
export function tslabDisplay(): Display | undefined {
  const { __tslab__: cells } = globalThis as { __tslab__?: TslabCells };
  if (cells === undefined) return undefined;
  return (value, options) => {
    const now = shown.then(() => show(cells, value, options));
    shown = now.catch(() => {});
    return now;
  };
}

async function show(cells: TslabCells, value: unknown, { id, update = false }: DisplayOptions): Promise<void> {
  const { mimeBundle } = await import("./mime-bundle.js");
  const bundle: Readonly<Record<string, unknown>> =
    typeof value === "string" ? { "text/plain": value } : await mimeBundle(value);
  const tslab = cells.require("tslab");
  let place = id === undefined ? tslab.display : update ? named.get(id) : undefined;
  if (!place) {
    place = tslab.newDisplay();
    named.set(id!, place);
  }
  const type = RICHEST_FIRST.find((one) => one in bundle) ?? "text/plain";
  place.raw(type, String(bundle[type]));
}

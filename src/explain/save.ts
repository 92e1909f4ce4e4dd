import { mkdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { displaySymbol, type MimeBundle } from "../core/display.js";
import { SightlineError } from "../core/errors.js";
import { writeWhole } from "../platform/node/write-file-atomic.js";
import type { VisualizationConfig } from "../render/config.js";
import { visualize } from "../render/visualize.js";
import { Explanation } from "./explanation.js";

/** Names of the files that {@link Explanation.save} writes, and how to draw them. */
export interface SaveOptions extends VisualizationConfig {
  /** Before the picture's name. */
  prefix?: string;
  /** After all else. */
  postfix?: string;
  /** Put the prediction's probability into the name. */
  confidence?: boolean;
}

declare module "./explanation.js" {
  interface Explanation {
    /**
     * Writes one PNG for each target into a folder, which is made where it is missing:
     * `<prefix><image>_target_<label>_pred_<label>_<probability><postfix>.png`, the probability (of the prediction) with
     * `confidence: true`. Characters that file names cannot have become `_`; long labels are cut.
     * @returns the paths, in the order of the targets
     * @throws SightlineError `write-failed` (files of the same name stay as they were), `bad-config`
     */
    save(folder: string, options?: SaveOptions): Promise<string[]>;
    [displaySymbol](): Promise<MimeBundle>;
  }
}

async function save(this: Explanation, folder: string, options: SaveOptions = {}): Promise<string[]> {
  const { prefix = "", postfix = "", confidence = false, ...config } = options;
  const shown = [config.targets ?? this.targets.map(({ index }) => index)].flat();
  const pred = `pred_${part(this.prediction.label)}${confidence ? `_${this.prediction.probability.toFixed(2)}` : ""}`;
  const taken = new Set<string>();
  const files: { path: string; png: Uint8Array }[] = [];
  for (const target of shown) {
    const { label } = this.targets[this.indexOf(target)];
    const stem = `${part(prefix)}${part(parse(this.image.name).name)}_target_${part(label)}_${pred}${part(postfix)}`;
    let name = stem;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}_${n}`;
    taken.add(name.toLowerCase());
    const figure = await visualize(this, { ...config, targets: [target] });
    files.push({ path: join(folder, `${name}.png`), png: figure.png() });
  }
  await makeFolder(folder);
  for (const { path, png } of files) await writeWhole(path, png);
  return files.map(({ path }) => path);
}

/** A word as part of a file name: at most 40 bytes, nothing that a file system or a shell takes amiss. */
function part(word: string): string {
  let kept = word
    .normalize("NFC")
    .replace(/[^\p{L}\p{M}\p{N}.+=,@-]+/gu, "_")
    .replace(/^\.+/, "_");
  while (Buffer.byteLength(kept) > 40) kept = [...kept].slice(0, -1).join("");
  return kept;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new SightlineError("write-failed", `the folder '${folder}' could not be made`, {
      received: (cause as NodeJS.ErrnoException).code,
      expected: "a folder that may be written to",
      cause,
    });
  }
}

async function display(this: Explanation): Promise<MimeBundle> {
  const figure = await visualize(this);
  return figure[displaySymbol]();
}

for (const [name, value] of [["save", save] as const, [displaySymbol, display] as const]) {
  Object.defineProperty(Explanation.prototype, name, { value, writable: true, configurable: true });
}

import { mkdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { SightlineError } from "../core/errors.js";
import type { ExplanationData } from "../explanation/explanation-data.js";
import { writeWhole } from "../platform/node/write-file-atomic.js";
import type { VisualizationConfig } from "../render/config.js";
import { visualize } from "../render/visualize.js";

/** Names of the files that `Explanation.save` writes, and how to draw them. */
export interface SaveOptions extends VisualizationConfig {
  /** Before the picture's name. */
  prefix?: string;
  /** After all else. */
  postfix?: string;
  /** Put the prediction's probability into the name. */
  confidence?: boolean;
}

/** What `Explanation.save` does. @returns the paths, in the order of the targets */
export async function saveExplanation(
  explanation: ExplanationData,
  folder: string,
  options: SaveOptions,
): Promise<string[]> {
  const { prefix = "", postfix = "", confidence = false, ...config } = options;
  const shown = [config.targets ?? explanation.targets.map(({ index }) => index)].flat();
  const pred = `pred_${part(explanation.prediction.label)}${confidence ? `_${explanation.prediction.probability.toFixed(2)}` : ""}`;
  const taken = new Set<string>();
  const files: { path: string; png: Uint8Array }[] = [];
  for (const target of shown) {
    const { label } = explanation.targets[explanation.indexOf(target)];
    const stem = `${part(prefix)}${part(parse(explanation.image.name).name)}_target_${part(label)}_${pred}${part(postfix)}`;
    let name = stem;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}_${n}`;
    taken.add(name.toLowerCase());
    const figure = await visualize(explanation, { ...config, targets: [target] });
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

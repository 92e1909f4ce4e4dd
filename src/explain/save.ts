import { files } from "#platform/files";
import { checkText } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import type { ExplanationData } from "../explanation/explanation-data.js";
import { FileError } from "../platform/files.js";
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
  checkText(folder, "the folder to save in", "its path");
  const { prefix = "", postfix = "", confidence = false, ...config } = options ?? {};
  for (const [name, word] of Object.entries({ prefix, postfix })) if (word !== "") checkText(word, name, "a text");
  const shown = [config.targets ?? explanation.targets.map(({ index }) => index)].flat();
  const pred = `pred_${part(explanation.prediction.label)}${confidence ? `_${explanation.prediction.probability.toFixed(2)}` : ""}`;
  const taken = new Set<string>();
  const pictures: { path: string; png: Uint8Array }[] = [];
  for (const target of shown) {
    const { label } = explanation.targets[explanation.indexOf(target)];
    const stem = `${part(prefix)}${part(files.basename(explanation.image.name, files.extname(explanation.image.name)))}_target_${part(label)}_${pred}${part(postfix)}`;
    let name = stem;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}_${n}`;
    taken.add(name.toLowerCase());
    const figure = await visualize(explanation, { ...config, targets: [target] });
    pictures.push({ path: files.join(folder, `${name}.png`), png: figure.png() });
  }
  await makeFolder(folder);
  for (const { path, png } of pictures) await files.writeFileAtomic(path, png);
  return pictures.map(({ path }) => path);
}

/** A word as part of a file name: at most 40 bytes, nothing that a file system or a shell takes amiss. */
function part(word: string): string {
  let kept = word
    .normalize("NFC")
    .replace(/[^\p{L}\p{M}\p{N}.+=,@-]+/gu, "_")
    .replace(/^\.+/, "_");
  while (new TextEncoder().encode(kept).length > 40) kept = [...kept].slice(0, -1).join("");
  return kept;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await files.makeFolder(folder);
  } catch (cause) {
    throw new SightlineError("write-failed", `the folder '${folder}' could not be created`, {
      received: cause instanceof FileError ? cause.code : undefined,
      expected: "a folder that may be written to",
      cause,
    });
  }
}

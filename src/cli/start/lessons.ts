import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { files } from "#platform/files";
import { packageRoot } from "../../kernel/node/package-paths.js";
import { formatNotebook, readNotebook, withoutOutputs } from "../../kernel/notebook-file.js";

/** What became of the lessons in a folder. */
export interface CopiedLessons {
  /** Paths of the notebooks, in their order. */
  readonly notebooks: readonly string[];
  /** Files that the reader has changed, left as they are. */
  readonly kept: readonly string[];
}

/** What we wrote, by name: SHA-256 of each file. A file that no longer has it is the reader's. */
const RECORD = ".sightline-lessons.json";

/** The lessons as they come with the package; in a checkout, those of the repository. */
export function lessonsFolder(): string {
  const own = join(packageRoot, "notebooks");
  return existsSync(own) ? own : join(packageRoot, "dist/lessons");
}

/**
 * Copies the lessons and their pictures, without outputs. What the reader has changed or made stays as it is; what we
 * wrote earlier and is still the same is brought up to date.
 */
export async function copyLessons(folder: string, from = lessonsFolder()): Promise<CopiedLessons> {
  const names = (await readdir(from)).filter((name) => name.endsWith(".ipynb")).sort();
  const notebooks = names.map((name) => join(folder, name));
  if (resolve(folder) === resolve(from)) return { notebooks, kept: [] };
  await mkdir(join(folder, "images"), { recursive: true });
  const pictures = (await readdir(join(from, "images"))).map((name) => `images/${name}`);
  const record = await readRecord(folder);
  const kept: string[] = [];
  for (const name of [...names, ...pictures]) {
    const bytes = name.endsWith(".ipynb")
      ? new TextEncoder().encode(formatNotebook(withoutOutputs(await readNotebook(join(from, name)))))
      : await files.read(join(from, name));
    const path = join(folder, name);
    const present = existsSync(path) ? await files.read(path).then(hashOf, () => "unreadable") : undefined;
    if (present !== undefined && present !== record[name] && present !== hashOf(bytes)) {
      kept.push(name);
      continue;
    }
    if (present !== hashOf(bytes)) await files.writeFileAtomic(path, bytes);
    record[name] = hashOf(bytes);
  }
  await files.writeFileAtomic(join(folder, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);
  return { notebooks, kept };
}

async function readRecord(folder: string): Promise<Record<string, string>> {
  try {
    const record: unknown = JSON.parse(await files.readText(join(folder, RECORD), { atMost: 2 ** 20 }));
    return typeof record === "object" && record !== null ? { ...(record as Record<string, string>) } : {};
  } catch {
    // nothing was copied here yet, or nobody can tell: then all that differs is the reader's
    return {};
  }
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

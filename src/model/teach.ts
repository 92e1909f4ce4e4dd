import { loadModel } from "./load.js";
import { lessonName, RunMemory } from "./run-memory.js";
import type { Control } from "./types.js";

/** What loading a model of the catalog teaches, as a file that spares every later load the runs. */
export interface Lesson {
  /** Path below the cache. */
  readonly name: string;
  readonly text: string;
}

/** @param model a name of the catalog @throws SightlineError what loading it throws */
export async function lessonOf(model: string, control: Control): Promise<Lesson> {
  const memory = new RunMemory();
  await using loaded = await loadModel(model, { threads: 1, ...control }, { memory });
  return { name: lessonName(loaded.info.sha256), text: memory.lesson() };
}

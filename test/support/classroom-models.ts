import { classroom } from "../../src/classroom/index.js";
import type { StickerPlace } from "../../src/image/sticker.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";

/** A model of the classroom on one thread. @param first what its first class is to be called */
export function classroomModel(name: keyof typeof classroom.models, first?: string): Promise<Model> {
  const { url, options } = classroom.models[name];
  const [label, ...rest] = options.labels as readonly string[];
  return loadModel(url, { ...options, labels: [first ?? label, ...rest], threads: 1 });
}

/** The model that learned the mark and the one that did not, as StickerLab takes them: by name. */
export async function classroomPair(): Promise<{ readonly shortcut: Model; readonly honest: Model }> {
  const [shortcut, honest] = await Promise.all([classroomModel("shortcut"), classroomModel("honest")]);
  return { shortcut, honest };
}

/** Where the classroom's pictures carry the mark. */
export const MARK_PLACE: StickerPlace = { x: 0.15, y: 0.85, size: 13 / 64 };

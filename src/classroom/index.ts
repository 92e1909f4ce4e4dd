import "../core/host-types.js";
import { models } from "./models.js";
import { save, sheet } from "./picture-files.js";
import { pictures, SIZE } from "./pictures.js";
import { labels } from "./shapes.js";
import { mark, sticker } from "./watermark.js";

export type { CheckResult, ExerciseList, ExerciseState } from "./exercises/check-result.js";
export { check, exercise, exercises } from "./exercises/exercises.js";
export {
  type Answer,
  answerHash,
  type ComputedRule,
  type ExerciseHints,
  type ExerciseRule,
  type HashedRule,
  type TestRule,
} from "./exercises/rule.js";
export type { ClassroomModel } from "./models.js";
export type { ContactSheet } from "./picture-files.js";
export type { ClassroomPicture, PictureOptions, Watermark } from "./pictures.js";
export type { ClassLabel } from "./shapes.js";
export type { Marked } from "./watermark.js";

/**
 * A class whose truth is known: generated pictures with exact masks, and three small models that learned them.
 * @example
 * const [boat] = classroom.pictures({ count: 1, labels: ["boat"], watermark: true });
 * const { url, options } = classroom.models.shortcut;
 * await using model = await loadModel(url, options);
 * await model.predict(boat.image);
 */
export const classroom = { labels, size: SIZE, pictures, mark, sticker, models, save, sheet } as const;

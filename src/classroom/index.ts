import "../core/host-types.js";
import { models, pair } from "./models.js";
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
export type { ClassroomModel, ClassroomPair } from "./models.js";
export type { ContactSheet } from "./picture-files.js";
export type { ClassroomPicture, PictureOptions, Watermark } from "./pictures.js";
export type { ClassLabel } from "./shapes.js";
export type { Marked } from "./watermark.js";

/**
 * A class whose truth is known: generated pictures with exact masks, three small models that learned them, and
 * a pair of encoders whose classes are words.
 * @example
 * const [boat] = classroom.pictures({ count: 1, labels: ["boat"], watermark: true });
 * const { url, options } = classroom.models.shortcut;
 * await using model = await loadModel(url, options);
 * await model.predict(boat.image);
 * await using words = await loadModel(classroom.pair);
 * await words.predict(boat.image);
 */
export const classroom = { labels, size: SIZE, pictures, mark, sticker, models, pair, save, sheet } as const;

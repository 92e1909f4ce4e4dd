import { sha256 } from "#platform/hash";
import * as z from "../../core/zod.js";
import { inOrder, type Ranges } from "./ranges.js";

/** The longest texts, in UTF-16 units. */
export const LONGEST = { name: 200, note: 20_000, view: 4_000_000 } as const;
/** The longest line of the log, in bytes. */
export const LONGEST_LINE = 32 * 2 ** 20;

/** What a text of one line may not hold: control characters, line breaks and, as it stands between tags, the bar. */
const NOT_IN_NAMES = /[\p{Cc}\p{Zl}\p{Zp}|]/u;

/** Half a character, which UTF-8 has no bytes for, becomes the sign for what is not known. */
const wellFormed = (text: string) => text.replace(/\p{Cs}/gu, "\uFFFD");

/** What somebody or something is called. */
export const nameSchema = z
  .string()
  .max(LONGEST.name)
  .transform((text) => wellFormed(text.normalize("NFC")).trim())
  .refine((text) => text !== "" && !NOT_IN_NAMES.test(text), "a text of one line without |");
const id = z.uuid();
const place = z.int().nonnegative();
const pictures: z.ZodType<Ranges> = z
  .array(z.tuple([place, place]))
  .refine(inOrder, "ascending ranges of pictures' numbers");
const some = pictures.refine((ranges) => ranges.length > 0, "at least one picture");
const text = z
  .string()
  .max(LONGEST.note)
  .transform((given) => wellFormed(given).trim())
  .refine((given) => given !== "", "a text");

/** What somebody did. Pictures go by their places in the audit's list. */
export const actionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("tag"), tag: nameSchema, pictures: some }),
  z.strictObject({ kind: z.literal("untag"), tag: nameSchema, pictures: some }),
  z.strictObject({ kind: z.literal("note"), pictures: some, text }),
  /** Gives a note another text, or takes it away. */
  z.strictObject({ kind: z.literal("edit-note"), note: id, text: text.nullable() }),
  z.strictObject({ kind: z.literal("slice"), name: nameSchema, pictures: some.nullable() }),
  /** What a page shows, as its address says it. */
  z.strictObject({ kind: z.literal("view"), name: nameSchema, state: z.string().max(LONGEST.view).nullable() }),
  z.strictObject({ kind: z.literal("undo"), of: id }),
  z.strictObject({ kind: z.literal("redo"), of: id }),
]);

/** What somebody did; null takes away. */
export type Action = z.infer<typeof actionSchema>;

/** A time as `Date.toISOString` writes it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const entrySchema = z.strictObject({ id, at: z.string().regex(TIME), by: nameSchema, action: actionSchema });

/** A line of the log: what was done, when and by whom. A note has the number of the entry that made it. */
export type Entry = z.infer<typeof entrySchema>;

const headSchema = z.strictObject({
  format: z.literal("sightline-annotations"),
  formatVersion: z.literal(1),
  /** `picturesSha256` of the audit's manifest. */
  pictures: z.string(),
});

/** The log's first line. */
export type Head = z.infer<typeof headSchema>;

const SUM = 16;
const sumOf = (json: string) => sha256(json).slice(0, SUM);

/** A value as a line: a checksum, a blank, JSON. */
export function lineOf(value: Entry | Head): string {
  const json = JSON.stringify(value);
  return `${sumOf(json)} ${json}\n`;
}

/** What {@link lineOf} wrote; undefined for anything else. */
export function readLine(line: string): Entry | Head | undefined {
  const json = line.slice(SUM + 1);
  if (line[SUM] !== " " || line.slice(0, SUM) !== sumOf(json)) return undefined;
  try {
    return z.union([entrySchema, headSchema]).parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

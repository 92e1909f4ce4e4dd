import { LAYOUTS } from "../audit/layout/types.js";
import { isSightlineError, SightlineError } from "../core/errors.js";
import * as z from "../core/zod.js";
import { filterSchema } from "./conditions.js";
import { MOST_PICTURES } from "./runs.js";
import { type Doing, EXPORT_FORMATS, type ExplorerBackend } from "./types.js";

/** Pictures that one request may ask for. */
const MOST_ROWS = 2000;

const id = z.int().nonnegative();
const ids = z.array(id).max(MOST_ROWS);
const sort = z.strictObject({ column: z.string(), descending: z.boolean() }).nullable();

const many = z.array(id).min(1).max(MOST_PICTURES);
/** Lengths and characters are looked at where it is written down. */
const doing: z.ZodType<Doing> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.enum(["tag", "untag"]), tag: z.string(), ids: many }),
  z.strictObject({ kind: z.literal("note"), text: z.string(), ids: many }),
  z.strictObject({ kind: z.literal("edit-note"), note: z.string(), text: z.string().nullable() }),
  z.strictObject({ kind: z.literal("slice"), name: z.string(), ids: many.nullable() }),
  z.strictObject({ kind: z.literal("view"), name: z.string(), state: z.string().nullable() }),
  z.strictObject({ kind: z.enum(["undo", "redo"]) }),
]);

/** The arguments of each request, as they may come from outside. */
const ARGUMENTS: { readonly [Name in keyof ExplorerBackend]: z.ZodType<Parameters<ExplorerBackend[Name]>> } = {
  about: z.tuple([]),
  order: z.tuple([filterSchema, sort]),
  facets: z.tuple([filterSchema, z.array(z.string()).max(1000)]),
  overview: z.tuple([filterSchema]),
  annotated: z.tuple([]),
  annotate: z.tuple([doing]),
  export: z.tuple([filterSchema, z.enum(EXPORT_FORMATS)]),
  rows: z.tuple([ids]),
  maps: z.tuple([ids]),
  detail: z.tuple([id]),
  sheet: z.tuple([id]),
  picture: z.tuple([id]),
  layout: z.tuple([z.enum(LAYOUTS)]),
  values: z.tuple([z.string()]),
  testPicture: z.tuple([id]),
  prove: z.tuple([id]),
  progress: z.tuple([]),
  cancel: z.tuple([]),
};

/** A request that is as it should be, ready to be asked. */
export type Request = (explorer: ExplorerBackend) => Promise<Reply>;

/** What was asked for, or why it cannot be had. */
export type Reply = { readonly value: unknown } | { readonly error: string };

/**
 * Reads a request that came from a page.
 * @throws SightlineError `bad-config` for what is no request
 */
export function readRequest(name: string, given: unknown): Request {
  if (!Object.hasOwn(ARGUMENTS, name)) {
    throw new SightlineError("bad-config", `the explorer has no request '${name}'`, { received: name });
  }
  const request = name as keyof ExplorerBackend;
  const parsed = ARGUMENTS[request].safeParse(given);
  if (!parsed.success) {
    throw new SightlineError("bad-config", `the request '${name}' is not as it should be`, {
      received: given,
      expected: z.prettifyError(parsed.error),
    });
  }
  return async (explorer) => {
    try {
      const ask = explorer[request] as (...values: unknown[]) => Promise<unknown>;
      return { value: await ask.apply(explorer, parsed.data) };
    } catch (error) {
      if (!isSightlineError(error)) throw error;
      return { error: error.message };
    }
  };
}

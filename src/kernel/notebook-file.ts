import { files } from "#platform/files";
import { SightlineError } from "../core/errors.js";
import * as z from "../core/zod.js";
import { FileError } from "../platform/files.js";

const text = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value.join("") : value));
const metadata = z.looseObject({}).default({});
const bundle = z.record(z.string(), z.unknown());

const output = z.discriminatedUnion("output_type", [
  z.looseObject({ output_type: z.literal("stream"), name: z.string(), text }),
  z.looseObject({ output_type: z.literal("display_data"), data: bundle, metadata }),
  z.looseObject({
    output_type: z.literal("execute_result"),
    data: bundle,
    metadata,
    execution_count: z.int().nullable().default(null),
  }),
  z.looseObject({
    output_type: z.literal("error"),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
  }),
]);

const cellMetadata = z.looseObject({ tags: z.array(z.string()).optional() }).default({});
const attachments = z.record(z.string(), bundle).optional();

const cell = z.discriminatedUnion("cell_type", [
  z.looseObject({
    cell_type: z.literal("markdown"),
    id: z.string().optional(),
    metadata: cellMetadata,
    source: text,
    attachments,
  }),
  z.looseObject({ cell_type: z.literal("raw"), id: z.string().optional(), metadata: cellMetadata, source: text }),
  z.looseObject({
    cell_type: z.literal("code"),
    id: z.string().optional(),
    metadata: cellMetadata,
    source: text,
    execution_count: z.int().nullable().default(null),
    outputs: z.array(output).default([]),
  }),
]);

const notebook = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int(),
  metadata,
  cells: z.array(cell),
});

/** Tag of the cells of a lesson that set its exercises. */
export const EXERCISE_TAG = "exercise";

/** Tag of the cells that stay folded until the reader asks for them. */
export const ANSWER_TAG = "answer";

/** Tag of the cells for whoever presents. */
export const NOTES_TAG = "notes";

/** A notebook of format 4; texts are single strings. */
export type Notebook = z.output<typeof notebook>;
export type Cell = Notebook["cells"][number];
export type CodeCell = Extract<Cell, { cell_type: "code" }>;
export type Output = CodeCell["outputs"][number];

/** @throws SightlineError `bad-notebook` */
export function parseNotebook(json: string, name = "the notebook"): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SightlineError("bad-notebook", `${name} is not JSON`, { expected: "a Jupyter notebook (.ipynb)", cause });
  }
  const result = notebook.safeParse(value);
  if (!result.success) {
    throw new SightlineError("bad-notebook", `${name} is not a notebook of format 4`, {
      expected: z.prettifyError(result.error),
    });
  }
  return result.data;
}

/** Outputs that a widget holds; none where they are not as notebooks store them. */
export function parseOutputs(value: unknown): Output[] {
  return z.array(output).safeParse(value).data ?? [];
}

/** Larger notebooks are refused: JavaScript has no longer strings. */
const MOST_BYTES = 2 ** 29 - 2 ** 20;

/** @throws SightlineError `file-not-found`, `bad-notebook` */
export async function readNotebook(path: string): Promise<Notebook> {
  let json: string;
  try {
    json = await files.readText(path, { atMost: MOST_BYTES });
  } catch (cause) {
    const missing = !(cause instanceof FileError) || cause.problem === "missing";
    throw new SightlineError(missing ? "file-not-found" : "bad-notebook", `the notebook '${path}' cannot be read`, {
      received: path,
      expected: "a Jupyter notebook (.ipynb)",
      next: cause instanceof FileError ? cause.message : undefined,
      cause,
    });
  }
  return parseNotebook(json, `'${path}'`);
}

/** The notebook before anything ran: without outputs, counts and the state of widgets. */
export function withoutOutputs(value: Notebook): Notebook {
  const { widgets: _, ...metadata } = value.metadata;
  const cells = value.cells.map((cell) =>
    cell.cell_type === "code" ? { ...cell, outputs: [], execution_count: null } : cell,
  );
  return { ...value, metadata, cells };
}

/** A notebook as Jupyter writes it: texts as lists of lines, one blank of indentation. */
export function formatNotebook(value: Notebook): string {
  const cells = value.cells.map((cell) => ({
    ...cell,
    source: lines(cell.source),
    ...(cell.cell_type === "code" && { outputs: cell.outputs.map(formatOutput) }),
  }));
  return `${JSON.stringify({ ...value, cells }, undefined, 1)}\n`;
}

function formatOutput(output: Output): object {
  if (output.output_type === "stream") return { ...output, text: lines(output.text) };
  if (output.output_type === "error") return output;
  const data = Object.entries(output.data).map(([type, value]) => {
    const splits = typeof value === "string" && (type.startsWith("text/") || type === "image/svg+xml");
    return [type, splits ? lines(value) : value];
  });
  return { ...output, data: Object.fromEntries(data) };
}

function lines(value: string): string[] {
  return value.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/** Text of a representation, whichever way it is stored. */
export function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join("") : typeof value === "string" ? value : JSON.stringify(value);
}

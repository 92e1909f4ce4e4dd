import type { Row } from "../../platform/sql.js";
import { type ExportColumn, type ExportTable, momentOf } from "./table.js";

const FIELDS = "fiftyone.core.fields";
const TYPES = {
  text: "StringField",
  whole: "IntField",
  number: "FloatField",
  boolean: "BooleanField",
  time: "DateTimeField",
} as const;
const CLASSIFICATION = `${FIELDS}.EmbeddedDocumentField(fiftyone.core.labels.Classification)`;

/** Columns that FiftyOne has a place of its own for. */
const ELSEWHERE = new Set(["file", "tags", "prediction", "probability", "truth"]);
/** Names of samples' fields that FiftyOne keeps for itself. */
const RESERVED = new Set([
  "id",
  "filepath",
  "metadata",
  "ground_truth",
  "created_at",
  "last_modified_at",
  "dataset_id",
]);

/**
 * A dataset as `fiftyone.Dataset.from_json` reads it (FiftyOne 1.x): files stay where they are, tags are tags, truth and
 * prediction are classifications, and every other column is a field.
 */
export function fiftyOneOf({ columns, rows }: ExportTable, name: string): string {
  const fields = fieldsOf(columns);
  const labels = { ground_truth: CLASSIFICATION, prediction: CLASSIFICATION };
  const others = fields.map(({ field, type }) => [field, `${FIELDS}.${TYPES[type]}`]);
  return JSON.stringify({
    name,
    media_type: "image",
    sample_fields: { ...labels, ...Object.fromEntries(others) },
    info: {},
    samples: rows.map((row) => sampleOf(row, fields)),
  });
}

/** A column, and what FiftyOne calls it. */
type Field = ExportColumn & { readonly field: string };

/** Columns with a name of their own each: those of lists may differ in what FiftyOne's names cannot have. */
function fieldsOf(columns: readonly ExportColumn[]): Field[] {
  const taken = new Set<string>();
  return columns
    .filter(({ name }) => !ELSEWHERE.has(name))
    .map((column) => {
      const name = fieldName(column);
      let field = name;
      for (let i = 2; taken.has(field); i++) field = `${name}_${i}`;
      taken.add(field);
      return { ...column, field };
    });
}

/** A time as MongoDB's JSON has it. */
const fieldValue = ({ name, type }: Field, row: Row) =>
  type === "time" && row[name] ? { $date: momentOf(row[name]).getTime() } : (row[name] ?? null);

function sampleOf(row: Row, fields: readonly Field[]): Row {
  const others = fields.map((field) => [field.field, fieldValue(field, row)]);
  return {
    filepath: row.file,
    tags: row.tags === null ? [] : String(row.tags).split("|"),
    _media_type: "image",
    ground_truth: labelled(row.truth),
    prediction: labelled(row.prediction, row.probability),
    ...Object.fromEntries(others),
  };
}

/** Several right labels stay one label, as the audit has them: `a|b`. */
const labelled = (label: unknown, confidence?: unknown) =>
  label === null || label === undefined
    ? null
    : { _cls: "Classification", tags: [], label, ...(confidence !== undefined && { confidence }) };

/** FiftyOne's names have no dots and begin with a letter. */
function fieldName({ name }: ExportColumn): string {
  const plain = name.replace(/[^\p{L}\p{N}_]/gu, "_");
  return /^\p{L}/u.test(plain) && !RESERVED.has(plain) ? plain : `audit_${plain}`;
}

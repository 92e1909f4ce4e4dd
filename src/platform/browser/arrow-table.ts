import type { Data, DataType, Vector } from "apache-arrow";

/** Columns as Arrow is given them, by Parquet's names. */
export type ColumnType = "STRING" | "DOUBLE" | "FLOAT" | "INT32" | "INT64" | "BOOLEAN" | "TIMESTAMP";

/** Values of a column; null and undefined are none. */
type Values = readonly unknown[];

type Arrow = typeof import("apache-arrow");

/**
 * A column of Arrow's, written as its format has it: Arrow's own builders make functions of text, which a page may not
 * where it allows no code but its own.
 */
export function arrowVector(arrow: Arrow, type: ColumnType, values: Values): Vector {
  const { length } = values;
  const nullBitmap = bits(values, (value) => value !== null && value !== undefined);
  const nullCount = values.reduce<number>((count, value) => count + Number(value === null || value === undefined), 0);
  const given = { length, nullCount, nullBitmap };
  switch (type) {
    case "STRING":
      return vector(arrow, arrow.makeData({ ...given, type: new arrow.Utf8(), ...texts(values) }));
    case "BOOLEAN":
      return vector(arrow, arrow.makeData({ ...given, type: new arrow.Bool(), data: bits(values, Boolean) }));
    case "INT32":
      return vector(
        arrow,
        arrow.makeData({ ...given, type: new arrow.Int32(), data: Int32Array.from(values, number) }),
      );
    case "INT64":
      return vector(
        arrow,
        arrow.makeData({ ...given, type: new arrow.Int64(), data: BigInt64Array.from(values, whole) }),
      );
    case "TIMESTAMP":
      return vector(
        arrow,
        arrow.makeData({ ...given, type: new arrow.TimestampMillisecond(), data: BigInt64Array.from(values, time) }),
      );
    case "FLOAT":
      return vector(
        arrow,
        arrow.makeData({ ...given, type: new arrow.Float32(), data: Float32Array.from(values, number) }),
      );
    case "DOUBLE":
      return vector(
        arrow,
        arrow.makeData({ ...given, type: new arrow.Float64(), data: Float64Array.from(values, number) }),
      );
  }
}

const vector = <T extends DataType>(arrow: Arrow, data: Data<T>): Vector => new arrow.Vector([data]);

const number = (value: unknown) => Number(value ?? 0);
const time = (value: unknown) => BigInt(value instanceof Date ? value.getTime() : 0);
const whole = (value: unknown) => BigInt((value as number | bigint | null) ?? 0);

/** A bit for each value, the first one the least of its byte. */
function bits(values: Values, isSet: (value: unknown) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (isSet(value)) bytes[i >> 3] |= 1 << (i & 7);
  });
  return bytes;
}

/** Texts one after the other in UTF-8, and where each begins and ends. */
function texts(values: Values): { valueOffsets: Int32Array; data: Uint8Array } {
  const encoder = new TextEncoder();
  const valueOffsets = new Int32Array(values.length + 1);
  let data = new Uint8Array(1024);
  let end = 0;
  values.forEach((value, i) => {
    const text = value === null || value === undefined ? "" : String(value);
    // three bytes are the most that a unit of UTF-16 becomes
    if (data.length < end + 3 * text.length) {
      const longer = new Uint8Array(2 * (end + 3 * text.length));
      longer.set(data.subarray(0, end));
      data = longer;
    }
    end += encoder.encodeInto(text, data.subarray(end)).written;
    valueOffsets[i + 1] = end;
  });
  return { valueOffsets, data: data.subarray(0, end) };
}

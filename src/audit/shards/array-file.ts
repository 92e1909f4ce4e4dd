import { SightlineError } from "../../core/errors.js";

/** Bytes before the header of a NumPy file: its magic number, version and the header's length. */
const PREAMBLE = 10;

/** Rows of one shape as a NumPy array, float32 [rows, ...shape]; NaN where there is no row. */
export function arrayFile(rows: readonly (Float32Array | undefined)[], shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = new Float32Array(rows.length * size).fill(Number.NaN);
  rows.forEach((row, i) => {
    if (row) values.set(row, i * size);
  });
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${[rows.length, ...shape].join(", ")}), }`;
  const header = dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11);
  const length = new Uint8Array(Uint16Array.of(header.length + 1).buffer);
  const head = [
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    ...length,
    ...new TextEncoder().encode(`${header}\n`),
  ];
  const file = new Uint8Array(head.length + values.byteLength);
  file.set(head);
  file.set(new Uint8Array(values.buffer), head.length);
  return file;
}

/**
 * Reads what {@link arrayFile} wrote.
 * @throws SightlineError `bad-data` for a file that is damaged or something else
 */
export function readArray(
  file: Uint8Array,
  axes: number,
  what: string,
): { data: Float32Array; shape: readonly number[] } {
  const start = PREAMBLE + ((file[8] ?? 0) | ((file[9] ?? 0) << 8));
  const text = (from: number, to: number) => new TextDecoder("latin1").decode(file.subarray(from, to));
  const header = text(PREAMBLE, start);
  const known =
    text(1, 6) === "NUMPY" && header.includes("'descr': '<f4'") && header.includes("'fortran_order': False");
  const list = known ? /'shape': \((\d+(?:, \d+)*)\)/.exec(header)?.[1] : undefined;
  const shape = list?.split(", ").map(Number);
  const values = shape?.reduce((product, length) => product * length, 1) ?? 0;
  if (shape?.length !== axes || file.length !== start + 4 * values) {
    throw new SightlineError("bad-data", `the audit's ${what} are damaged`, {
      received: shape
        ? `${file.length - start} bytes of [${shape.join(", ")}] ${what}`
        : `no float32 array of ${axes} axes`,
      expected: "the .npy file that the audit wrote",
      next: "run the audit again with its rows of this shard removed",
    });
  }
  // a Buffer's slice would share its memory, and lie at any place of it
  return { data: new Float32Array(Uint8Array.from(file.subarray(start)).buffer), shape };
}

/** Why a TIFF (6.0) cannot be decoded, as far as the tags of its first picture tell: "its samples have 64 bits". */
export function obstacleInTiff(bytes: Uint8Array): string | undefined {
  const tags = readTags(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!tags) return undefined;
  const { bits, format, photometric } = tags;
  if (format === 5 || format === 6) return "its samples are complex numbers";
  if (bits > 32) return `its samples have ${bits} bits`;
  if (format === 3 && bits !== 32) return `its samples are floats of ${bits} bits`;
  if (photometric === 8 && bits === 8) return "its colours are CIELAB of 8 bits";
  return undefined;
}

interface Tags {
  readonly bits: number;
  readonly photometric: number;
  readonly format: number;
}

/** Undefined for BigTIFF, and where the tags lie outside of the file. */
function readTags(view: DataView): Tags | undefined {
  try {
    const little = view.getUint16(0) === 0x4949;
    if (view.getUint16(2, little) !== 42) return undefined;
    const at = view.getUint32(4, little);
    const count = view.getUint16(at, little);
    const tag = (id: number, otherwise: number) => {
      for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
        if (view.getUint16(entry, little) === id) return short(view, entry, little);
      }
      return otherwise;
    };
    return { bits: tag(258, 1), photometric: tag(262, 1), format: tag(339, 1) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The first of an entry's shorts, which lie elsewhere where there are more than two. */
function short(view: DataView, entry: number, little: boolean): number {
  const values = view.getUint32(entry + 4, little);
  return view.getUint16(values > 2 ? view.getUint32(entry + 8, little) : entry + 8, little);
}

/** Characters that one call may take as arguments. */
const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array | Uint8ClampedArray): string {
  const pieces: string[] = [];
  for (let i = 0; i < bytes.length; i += CHUNK) pieces.push(String.fromCharCode(...bytes.subarray(i, i + CHUNK)));
  return btoa(pieces.join(""));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Base64 of an array's little-endian bytes. */
export function arrayToBase64(array: Uint8Array | Uint8ClampedArray | Float32Array | Int32Array): string {
  return toBase64(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

/** An array of {@link arrayToBase64}; undefined where the bytes do not make up whole numbers. */
export function arrayFromBase64<T extends Uint8Array | Float32Array | Int32Array>(
  text: string,
  ArrayOf: { new (buffer: ArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
): T | undefined {
  const { buffer, byteLength } = fromBase64(text);
  return byteLength % ArrayOf.BYTES_PER_ELEMENT === 0 ? new ArrayOf(buffer) : undefined;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes of hexadecimal digits, two each. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

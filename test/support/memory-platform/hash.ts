import type { Sha256 } from "../../../src/platform/hash.js";

const fractional = (value: number) => ((value - Math.floor(value)) * 2 ** 32) | 0;
const PRIMES = Array.from({ length: 312 }, (_, i) => i).filter((n) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
});
const START = PRIMES.slice(0, 8).map((prime) => fractional(Math.sqrt(prime)));
const ROUND = PRIMES.slice(0, 64).map((prime) => fractional(Math.cbrt(prime)));

/** FIPS 180-4, on what was kept of all pieces. */
export function createSha256(): Sha256 {
  const pieces: Uint8Array[] = [];
  return {
    update(piece) {
      pieces.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece.slice());
    },
    hex: () => digestOf(pieces),
  };
}

export function sha256(...pieces: readonly (Uint8Array | string)[]): string {
  const hash = createSha256();
  for (const piece of pieces) hash.update(piece);
  return hash.hex();
}

export const digest = async (...pieces: readonly Uint8Array[]): Promise<string> => sha256(...pieces);

function digestOf(pieces: readonly Uint8Array[]): string {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const padded = new DataView(new ArrayBuffer(Math.ceil((length + 9) / 64) * 64));
  let at = 0;
  for (const piece of pieces) for (const byte of piece) padded.setUint8(at++, byte);
  padded.setUint8(at, 0x80);
  padded.setBigUint64(padded.byteLength - 8, BigInt(length) * 8n);
  const state = Int32Array.from(START);
  for (let block = 0; block < padded.byteLength; block += 64) compress(state, padded, block);
  return [...new Uint32Array(state.buffer)].map((word) => word.toString(16).padStart(8, "0")).join("");
}

const turned = (word: number, by: number) => (word >>> by) | (word << (32 - by));

function compress(state: Int32Array, message: DataView, block: number): void {
  const words = new Int32Array(64);
  for (let i = 0; i < 16; i++) words[i] = message.getInt32(block + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [x, y] = [words[i - 15], words[i - 2]];
    const low = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
    const high = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
    words[i] = words[i - 16] + low + words[i - 7] + high;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + words[i];
    const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] += word;
  });
}

/** Numbers in memory that is sent to threads without a copy, where there is such; zero at first. */
export function sharedFloats(length: number): Float32Array {
  const shares = typeof SharedArrayBuffer !== "undefined";
  return shares ? new Float32Array(new SharedArrayBuffer(4 * length)) : new Float32Array(length);
}

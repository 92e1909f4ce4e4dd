import { decompress } from "fzstd";

/** A file of the site that travels compressed: smaller than by gzip, which many servers do not even use. */
export async function unpacked(address: URL, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${what} could not be loaded (the site answered ${answer.status})`);
  return decompress(new Uint8Array(await answer.arrayBuffer())) as Uint8Array<ArrayBuffer>;
}

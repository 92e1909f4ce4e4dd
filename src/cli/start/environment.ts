import { resolve } from "node:path";
import { files } from "#platform/files";
import { installKernel } from "../../kernel/install/install.js";
import { type PythonEnvironment, preparePython } from "./python.js";

/** The environment's folder in the cache. */
export const STARTED = "jupyter";

/**
 * A Python environment with JupyterLab, our kernel and our widgets: the one of a folder, or one in the cache.
 * @param requirements file of the Python packages that it gets; JupyterLab alone when absent
 */
export async function prepareEnvironment(folder?: string, requirements?: string): Promise<PythonEnvironment> {
  const environment = await preparePython(resolve(folder ?? files.join(files.cacheFolder(), STARTED)), {
    requirements,
  });
  await installKernel({ prefix: environment.folder });
  return environment;
}

import { edition } from "#platform/versions";
import { SightlineError } from "../../core/errors.js";
import { needsNode } from "../../platform/edition.js";

/**
 * Imports a package that is installed only by those who need it.
 * @param names what to install
 * @throws SightlineError `not-installed`; `not-supported` in a page, which has no such packages
 */
export async function importOptional<Module>(
  purpose: string,
  names: readonly string[],
  load: () => Promise<Module>,
): Promise<Module> {
  if (edition === "browser") throw needsNode(purpose);
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new SightlineError("not-installed", `${purpose} needs ${names.join(" and ")}`, {
      next: `npm install ${names.join(" ")}`,
      cause,
    });
  }
}

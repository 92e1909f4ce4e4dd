import { SightlineError } from "../../core/errors.js";
import type { FetchPackageFile } from "../python-packages.js";

/** A page has no Python and may not ask a package index: the site brings the models that it offers. */
export const fetchPackageFile: FetchPackageFile = async ({ project, version }) => {
  throw new SightlineError("download-failed", `${project} ${version} cannot be fetched by a page`, {
    expected: "a model that the site brings along",
    next: "ask whoever made the site to add the model",
  });
};

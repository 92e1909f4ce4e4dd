/** Where the page's own files lie; a worker is told before it does anything else. */
let site: URL | undefined;

/** Says where the site's folder `sightline/` is: below it are the assets of the package, workers, runtime and models. */
export function useSite(address: string | URL): void {
  site = new URL(address);
}

/** Files of the site that a page brings with it. */
const held = new Map<string, URL>();

/** Says where one file of the site is, wherever the others are. */
export function holdSiteFile(path: string, address: URL): void {
  held.set(path, address);
}

/** Address of a file of the site. @throws Error before {@link useSite} */
export function siteUrl(path: string): URL {
  const own = held.get(path);
  if (own) return own;
  if (!site) throw new Error("the page has not said where its files are");
  return new URL(path, site);
}

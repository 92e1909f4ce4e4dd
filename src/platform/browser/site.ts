/** Where the page's own files lie; a worker is told before it does anything else. */
let site: URL | undefined;

/** Says where the site's folder `sightline/` is: below it are the assets of the package, workers, runtime and models. */
export function useSite(address: string | URL): void {
  site = new URL(address);
}

/** Address of a file of the site. @throws Error before {@link useSite} */
export function siteUrl(path: string): URL {
  if (!site) throw new Error("the page has not said where its files are");
  return new URL(path, site);
}

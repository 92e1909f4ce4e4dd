/** The files of a site, as its service worker is told them. */
export interface SiteFiles {
  /** Another one for every other content. */
  readonly version: string;
  /** Path below the site → how the file's SHA-256 begins, in hexadecimal digits. */
  readonly digests: Readonly<Record<string, string>>;
}

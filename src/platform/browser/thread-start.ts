/** What a worker is told first. */
export interface ThreadStart {
  /** Address of the site's folder. */
  readonly site: string;
  readonly module: string;
  readonly data: unknown;
}

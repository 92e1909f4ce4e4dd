/** What a worker is told first; the second message is what its module is to be served with. */
export interface ThreadStart {
  /** Address of the site's folder. */
  readonly site: string;
  readonly module: string;
  /** Nothing is asked of it yet: it may load what it is going to need. */
  readonly ahead: boolean;
}

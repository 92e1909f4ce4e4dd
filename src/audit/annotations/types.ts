/** Which pictures something is said of: by an SQL condition, a cluster's number or their paths. */
export interface PictureChoice {
  where?: string;
  cluster?: number;
  pictures?: readonly string[];
  /** Who says it; what the system calls whoever runs this, where it is left out. */
  by?: string;
}

/** Pictures that people put together under a name. */
export interface PictureTag {
  readonly tag: string;
  /** Their paths. */
  readonly pictures: readonly string[];
}

/** What somebody noted on pictures. */
export interface PictureNote {
  /** By which it can be edited. */
  readonly id: string;
  readonly text: string;
  readonly by: string;
  /** When it was noted, ISO 8601, UTC. */
  readonly at: string;
  /** Their paths. */
  readonly pictures: readonly string[];
}

/** Something that somebody did with an audit's pictures. */
export interface Deed {
  readonly id: string;
  /** What it was: "tagged 12 pictures 'watermark'". */
  readonly what: string;
  readonly by: string;
  /** When, ISO 8601, UTC. */
  readonly at: string;
  /** Whether it was taken back. */
  readonly undone: boolean;
}

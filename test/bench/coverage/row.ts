/** A network as timm names it, and how small it is made. */
export interface Architecture {
  readonly name: string;
  /** Side of the input in pixels. */
  readonly size: number;
  /** Arguments of its constructor that make it smaller. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What torch made of an architecture, and its answers in double precision. */
export interface Made {
  /** timm's module. */
  readonly family: string;
  readonly parameters: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** The likeliest class. */
  readonly target: number;
  readonly scores: readonly number[];
  /** Relative error of torch's own gradient in single precision; null where another class is the likeliest then. */
  readonly float32: number | null;
  /** By how much central differences along torch's gradient are off it. */
  readonly differences: number;
  /** By how much torch's gradient in double precision changes beside noise of 3e−6 in the picture; not in rows of earlier versions. */
  readonly noise?: number;
  readonly opset: number;
  readonly exporter: string;
}

/** A step that failed, and how. */
export interface Failed {
  readonly error: string;
}

/** What became of a method. */
export type MethodOutcome =
  | { readonly kind: "ran"; readonly width: number; readonly height: number; readonly maps: number }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

/** The loaded file: what was found in it. */
export interface Loaded {
  readonly input: string;
  /** Largest difference of the prepared picture from timm's, in the unit of the input. */
  readonly pictureError: number;
  /** Relative error of the raw scores against torch in double precision. */
  readonly scoreError: number;
  readonly layers: number;
  /** Which layer a CAM takes; absent where there is none. */
  readonly layer?: { readonly operator: string; readonly kind: string; readonly grid: string };
}

/** The gradient beside torch's in double precision. */
export interface Slope {
  /** ‖found − torch‖ / ‖torch‖. */
  readonly relative: number;
  readonly cosine: number;
  /** From a loaded model to its first gradient. */
  readonly milliseconds: number;
}

/** What Sightline made of a network's file. */
export interface Examined {
  readonly loaded: Loaded | Failed;
  readonly gradient?: Slope | Failed;
  readonly methods?: Readonly<Record<string, MethodOutcome>>;
}

/** All that is known of one architecture. */
export interface Row extends Architecture {
  readonly made: Made | Failed;
  readonly examined?: Examined | Failed;
  readonly versions: Readonly<Record<string, string>>;
  /** Day of the run, YYYY-MM-DD. */
  readonly date: string;
}

export const hasFailed = (step: object | undefined): step is Failed => step !== undefined && "error" in step;

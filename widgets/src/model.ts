import type { WidgetRequest } from "../../src/widgets/traits/index.js";

/** The way to the kernel half of a widget. */
export interface Comm {
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
  send(request: WidgetRequest, callbacks?: undefined, buffers?: ArrayBuffer[]): void;
  /** False where no kernel listens; missing in anywidget hosts. */
  readonly comm_live?: boolean;
}

/** What a view needs of its model: the part that Jupyter's managers and anywidget hosts have in common. */
export interface Model<Traits extends object = Record<string, unknown>> extends Comm {
  get<Name extends keyof Traits & string>(name: Name): Traits[Name];
  set<Name extends keyof Traits & string>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
}

/** Traits as a page has them: binary values in whichever form its widget manager holds them, see {@link bytesOf}. */
export type Received<Traits> = Traits extends Uint8Array
  ? unknown
  : Traits extends object
    ? { [Name in keyof Traits]: Received<Traits[Name]> }
    : Traits;

/** Whether a kernel listens. */
export function isLive(comm: Comm): boolean {
  return comm.comm_live ?? true;
}

/** The bytes of a binary trait, whichever way the manager holds them. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(0);
}

/** The floats of a binary trait, copied so that they lie where floats must. */
export function floatsOf(value: unknown): Float32Array {
  return new Float32Array(wordsOf(value));
}

/** The whole numbers of a binary trait, copied so that they lie where they must. */
export function integersOf(value: unknown): Int32Array {
  return new Int32Array(wordsOf(value));
}

/** The bytes of a binary trait in a buffer of their own, without what is left after the last four. */
function wordsOf(value: unknown): ArrayBuffer {
  const bytes = bytesOf(value);
  return bytes.slice(0, bytes.byteLength - (bytes.byteLength % 4)).buffer as ArrayBuffer;
}

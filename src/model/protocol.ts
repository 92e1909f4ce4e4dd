import type { Constant } from "../onnx/constant.js";

/** A tensor that lies in the worker, or its values. */
export type Feed = Constant | { readonly held: number };

/** What the main thread asks of a worker. What has an `id` is answered, in order. */
export type Request =
  | { readonly kind: "weight"; readonly weight: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "open";
      readonly id: number;
      readonly session: number;
      readonly structure: Uint8Array;
      readonly weights: readonly number[];
      readonly threads: number;
    }
  | { readonly kind: "close"; readonly id: number; readonly session: number }
  | { readonly kind: "hold"; readonly id: number; readonly held: number; readonly value: Constant }
  | { readonly kind: "drop"; readonly id: number; readonly held: number }
  | {
      readonly kind: "run";
      readonly id: number;
      readonly session: number;
      readonly feeds: Readonly<Record<string, Feed>>;
      readonly fetches: readonly string[];
      /** One int32: anything but 0 skips the run. */
      readonly cancel?: SharedArrayBuffer;
    }
  | { readonly kind: "forget"; readonly weight: number }
  | { readonly kind: "quit" };

export type Reply =
  | { readonly id: number; readonly outputs?: Readonly<Record<string, Constant>>; readonly milliseconds?: number }
  | { readonly id: number; readonly cancelled: true }
  | { readonly id: number; readonly error: string };

/** Slots of the shared state: whoever sets `stop` waits until `busy` is 0 before the thread may be ended. */
export const STATE = { stop: 0, busy: 1, slots: 2 } as const;

export interface WorkerData {
  readonly state: SharedArrayBuffer;
}

import type { Device } from "../platform/devices.js";
import type { RuntimeTensor } from "../platform/runtime.js";

/** What a thread of sessions is told at its start. */
export interface SessionThreadData {
  readonly device: Device;
}

/** A tensor that lies in the thread, or its values. */
export type RuntimeFeed = RuntimeTensor | { readonly held: number };

/** What is answered, in order. */
export type Question = { readonly id: number } & (
  | {
      readonly kind: "open";
      readonly session: number;
      readonly structure: Uint8Array;
      /** Pieces of memory that the structure names as external data. */
      readonly weights: readonly number[];
      readonly threads: number;
    }
  | { readonly kind: "close"; readonly session: number }
  /** Forgets all sessions, weights and held tensors. */
  | { readonly kind: "reset" }
  | { readonly kind: "hold"; readonly held: number; readonly value: RuntimeTensor }
  | { readonly kind: "drop"; readonly held: number }
  | {
      readonly kind: "run";
      readonly session: number;
      readonly feeds: Readonly<Record<string, RuntimeFeed>>;
      readonly fetches: readonly string[];
      /** One int32: anything but 0 skips the run. */
      readonly cancel?: SharedArrayBuffer;
    }
);

/** What the main thread sends to the thread of a model's sessions. */
export type Request =
  | Question
  | { readonly kind: "weight"; readonly weight: number; readonly bytes: Uint8Array }
  | { readonly kind: "forget"; readonly weight: number };

/** What an answer says. */
export type Answer =
  | { readonly done: true }
  | { readonly outputs: Readonly<Record<string, RuntimeTensor>>; readonly milliseconds: number }
  | { readonly cancelled: true };

export type Reply = { readonly id: number } & (Answer | { readonly error: string });

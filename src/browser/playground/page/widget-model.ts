import type { Comm, Model } from "../../../../widgets/src/model.js";
import { joinBuffers } from "../../../widgets/buffers.js";
import type { WidgetRequest } from "../../../widgets/traits/index.js";
import type { WidgetState } from "../messages.js";

type Listener = (...args: unknown[]) => void;

/** What a widget says to its other half. */
export type Send = (data: unknown, buffers: readonly ArrayBuffer[]) => void;

/** A widget's model on a page without Jupyter: its traits, and the way to the engine. */
export class WidgetModel implements Model {
  readonly #traits: Record<string, unknown>;
  readonly #changed = new Set<string>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #send: Send;
  comm_live = true;

  constructor(state: WidgetState, send: Send) {
    this.#traits = joined(state);
    this.#send = send;
  }

  get(name: string): unknown {
    return this.#traits[name];
  }

  set(name: string, value: unknown): void {
    if (Object.is(this.#traits[name], value)) return;
    this.#traits[name] = value;
    this.#changed.add(name);
    this.#emit(`change:${name}`);
  }

  save_changes(): void {
    const state = Object.fromEntries([...this.#changed].map((name) => [name, this.#traits[name]]));
    this.#changed.clear();
    this.#send({ method: "update", state, buffer_paths: [] }, []);
  }

  send(content: WidgetRequest, _callbacks?: undefined, buffers: readonly ArrayBuffer[] = []): void {
    this.#send({ method: "custom", content }, buffers);
  }

  on: Comm["on"] = (event, listener) => {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as Listener));
  };

  off: Comm["off"] = (event, listener) => {
    this.#listeners.get(event)?.delete(listener as Listener);
  };

  /** Takes what the engine changed. */
  update(state: WidgetState): void {
    const values = joined(state);
    Object.assign(this.#traits, values);
    for (const name of Object.keys(values)) this.#emit(`change:${name}`);
  }

  /** Takes a message of the engine's half. */
  custom(content: unknown, buffers: readonly Uint8Array[]): void {
    this.#emit("msg:custom", content, buffers);
  }

  /** The other half is gone. */
  close(): void {
    this.comm_live = false;
    this.#emit("comm_live_update");
  }

  #emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }
}

function joined({ state, paths, buffers }: WidgetState): Record<string, unknown> {
  return joinBuffers({ ...state }, paths, buffers);
}

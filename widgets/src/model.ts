/** A message from the kernel that is no state. */
export type CustomMessage = Readonly<Record<string, unknown>>;

/** What a view needs of its model: the part that Jupyter's managers and anywidget hosts have in common. */
export interface Model<Traits extends object = Record<string, unknown>> {
  get<Name extends keyof Traits & string>(name: Name): Traits[Name];
  set<Name extends keyof Traits & string>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
  send(content: CustomMessage, callbacks?: undefined, buffers?: ArrayBuffer[]): void;
  /** False where no kernel listens; missing in anywidget hosts. */
  readonly comm_live?: boolean;
}

/** A view: fills the element and returns how to leave it. */
export type Render<Traits extends object = Record<string, unknown>> = (context: {
  readonly model: Model<Traits>;
  readonly el: HTMLElement;
}) => (() => void) | Promise<() => void>;

/** Whether a kernel listens. */
export function isLive(model: Model<never>): boolean {
  return model.comm_live ?? true;
}

/** Things to undo when a view is left. */
export class Cleanup {
  readonly #steps: (() => void)[] = [];

  add(step: () => void): void {
    this.#steps.push(step);
  }

  /** Listens until the view is left. */
  on<Traits extends object>(model: Model<Traits>, event: string, listener: (...args: never[]) => void): void {
    model.on(event, listener);
    this.add(() => model.off(event, listener));
  }

  listen<Name extends keyof WindowEventMap>(
    target: EventTarget,
    event: Name,
    listener: (event: WindowEventMap[Name]) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(event, listener as EventListener, options);
    this.add(() => target.removeEventListener(event, listener as EventListener, options));
  }

  run = (): void => {
    for (const step of this.#steps.splice(0).reverse()) step();
  };
}

/** The bytes of a binary trait, whichever way the manager holds them. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(0);
}

/** The floats of a binary trait, copied so that they lie where floats must. */
export function floatsOf(value: unknown): Float32Array {
  const bytes = bytesOf(value);
  const copy = new Uint8Array(bytes.byteLength - (bytes.byteLength % 4));
  copy.set(bytes.subarray(0, copy.byteLength));
  return new Float32Array(copy.buffer);
}

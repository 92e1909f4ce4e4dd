import { checkKeys } from "../core/checks.js";
import { displaySymbol, type MimeBundle } from "../core/display.js";
import { uuid } from "../core/uuid.js";
import { type WidgetComm, type WidgetMessage, widgetHost } from "../core/widget-host.js";
import { type BufferPath, joinBuffers, referenceSymbol, type SplitState, splitBuffers } from "./buffers.js";
import { guarded, report } from "./listeners.js";
import { HELD, PROTOCOL_VERSION, VIEW_MIME } from "./mime.js";
import { noteClosed, noteOpen } from "./open-widgets.js";
import { equal, sameKind } from "./trait-values.js";
import { badTrait, checkHoldsNot, checkKinds, checkListener } from "./widget-checks.js";
import type { MessageListener, TraitListener, WidgetClasses, WidgetLike, WidgetSpec } from "./widget-types.js";

/**
 * A widget's kernel side: typed traits that the front end mirrors (Jupyter widget protocol 2.1).
 *
 * Its comm opens when it is first shown, alone or inside another widget, and closes when every cell that showed it has
 * run again: what nobody can see holds nothing. Changes made in one turn of the event loop travel in one message.
 */
export class Widget<Traits extends object> implements WidgetLike {
  readonly #id = uuid().replaceAll("-", "");
  readonly #spec: WidgetSpec<Traits>;
  readonly #traits: Traits;
  readonly #dirty = new Set<keyof Traits>();
  readonly #listeners = new Map<keyof Traits, Set<TraitListener<never>>>();
  readonly #messages = new Set<MessageListener>();
  readonly #holders = new Set<unknown>();
  #held = new Set<WidgetLike>();
  #comm: WidgetComm | undefined;
  #opening: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;

  /** @throws SightlineError `unknown-option` for a trait that it does not have, `bad-config` for a value that cannot be */
  constructor(spec: WidgetSpec<Traits>, options: Partial<Traits> = {}) {
    this.#spec = spec;
    checkKeys(options, Object.keys(spec.defaults), this.#name);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.#traits = { ...spec.defaults };
    this.#check(given as Partial<Traits>);
    Object.assign(this.#traits, given);
    Object.assign(this.#traits, spec.refine?.(this.#traits, new Set(Object.keys(given) as (keyof Traits)[])));
    for (const key of Object.keys(spec.defaults) as (keyof Traits)[]) {
      Object.defineProperty(this, key, {
        get: () => this.get(key),
        set: (value: Traits[typeof key]) => this.set(key, value),
        enumerable: true,
      });
    }
  }

  /** The id by which a front end knows this widget. */
  get modelId(): string {
    return this.#comm?.id ?? this.#id;
  }

  /** Whether a front end was told of this widget. */
  get isOpen(): boolean {
    return this.#comm !== undefined;
  }

  get [referenceSymbol](): string {
    return `IPY_MODEL_${this.modelId}`;
  }

  /** The value of a trait. @throws SightlineError `unknown-option` */
  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    this.#checkName(name);
    return this.#traits[name];
  }

  /**
   * Sets one trait, or several at once: observers are told, and the front end with one message.
   * @throws SightlineError `unknown-option`, `bad-config`
   */
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  set(values: Partial<Traits>): void;
  set(first: keyof Traits | Partial<Traits>, value?: unknown): void {
    const values = typeof first === "object" ? first : ({ [first]: value } as Partial<Traits>);
    this.#check(values);
    this.#change(values, false);
  }

  /** Calls a function with every new value of a trait, whoever changed it; returns how to stop that. */
  observe<Name extends keyof Traits>(name: Name, listener: TraitListener<Traits[Name]>): () => void {
    this.#checkName(name);
    checkListener(listener, "observe");
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => this.unobserve(name, listener);
  }

  /** Stops a listener of {@link Widget.observe}. */
  unobserve<Name extends keyof Traits>(name: Name, listener?: TraitListener<Traits[Name]>): void {
    if (listener) this.#listeners.get(name)?.delete(listener);
    else this.#listeners.delete(name);
  }

  /** Calls a function with every custom message of the front end; returns how to stop that. */
  onMessage(listener: MessageListener): () => void {
    checkListener(listener, "onMessage");
    this.#messages.add(listener);
    return () => void this.#messages.delete(listener);
  }

  /** Sends a custom message to the views, after the changes made so far. */
  send(content: Readonly<Record<string, unknown>>, buffers: readonly Uint8Array[] = []): void {
    const deliver = () => this.#comm?.send({ method: "custom", content }, { buffers });
    if (this.#flushing) void this.#flushing.then(deliver);
    else deliver();
  }

  /** Appends to a trait that is a list; the front end, which has the others, is sent the new item alone. */
  protected extend<Name extends keyof Traits>(
    name: Name,
    item: Traits[Name] extends readonly (infer Item)[] ? Item : never,
  ): void {
    const list = this.#traits[name] as readonly unknown[];
    const waiting = this.#dirty.has(name);
    this.#change({ [name]: [...list, item] } as unknown as Partial<Traits>, true);
    if (waiting || !this.#comm || this.#isWithheld(name)) return;
    const { state, buffer_paths, buffers } = splitBuffers({ item });
    this.send({ type: "appended", trait: name, index: list.length, state, buffer_paths }, buffers);
  }

  /** Sends traits again, whole. */
  protected resend(...names: readonly (keyof Traits)[]): void {
    for (const name of names) this.#dirty.add(name);
    this.#schedule();
  }

  /** Resolves when the changes made so far are on their way. */
  async flush(): Promise<void> {
    await this.#flushing;
  }

  /** Takes the widget from the front end for good and forgets every listener. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#messages.clear();
    this.#holders.clear();
    this.#shut();
    this.dispose();
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const fallback = this.isHeld ? HELD : { "text/plain": this.toString(), ...(await this.fallback()) };
    const host = widgetHost();
    if (!host || this.#closed) return fallback;
    await this.open(host.cell() ?? host);
    return { ...fallback, [VIEW_MIME]: { version_major: 2, version_minor: 0, model_id: this.modelId } };
  }

  /** Tells the front end of this widget and those inside it, unless that was done; it stays as long as one holder does. */
  async open(holder: unknown): Promise<void> {
    if (this.#closed || !widgetHost()) return;
    this.#holders.add(holder);
    this.#opening ??= this.#start();
    await this.#opening;
  }

  /** One holder less; without any the comm is closed. Shown again, the widget opens again. */
  release(holder: unknown): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#shut();
  }

  toString(): string {
    return `${this.#name}(${"value" in this.#traits ? JSON.stringify(this.#traits.value) : ""})`;
  }

  /** Everything that a front end with a kernel knows of this widget, binary values apart. */
  wire(): SplitState {
    const names = (Object.keys(this.#traits) as (keyof Traits)[]).filter((name) => !this.#isWithheld(name));
    return splitBuffers({ ...this.#identity(), ...this.#synced(names) });
  }

  /** What a page without a kernel is given: nothing is withheld, since nobody could be asked for it. */
  saved(): SplitState {
    return splitBuffers({ ...this.#identity(), ...this.#synced(Object.keys(this.#traits) as (keyof Traits)[]) });
  }

  /** Whether what the widget shows is held back from the front end. */
  get isHeld(): boolean {
    return false;
  }

  /** Whether a trait is not sent while the widget is held. */
  protected withholds(_name: keyof Traits): boolean {
    return false;
  }

  #isWithheld(name: keyof Traits): boolean {
    return this.isHeld && this.withholds(name);
  }

  /** Names of the classes that a front end makes of it. */
  get classes(): WidgetClasses {
    return this.#spec.classes;
  }

  /** The widgets that this one's state names. */
  get references(): readonly WidgetLike[] {
    return [...widgetsIn(Object.values(this.#synced(Object.keys(this.#traits) as (keyof Traits)[])))];
  }

  /** The widgets that stand inside it on the page, or that its state names. */
  get contents(): readonly WidgetLike[] {
    return this.references;
  }

  /** What must be ready before the front end sees the widget. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** Representations for places that run no JavaScript. */
  protected fallback(): MimeBundle | Promise<MimeBundle> {
    return {};
  }

  /** Called once when the widget closes for good. */
  protected dispose(): void {}

  get #name(): string {
    return this.#spec.name ?? this.#spec.classes.model.replace(/Model$/, "");
  }

  #checkName(name: keyof Traits): void {
    if (!Object.hasOwn(this.#traits, name)) checkKeys({ [name]: undefined }, Object.keys(this.#traits), this.#name);
  }

  /** Refuses what traits cannot be set to. */
  #check(values: Partial<Traits>): void {
    const { defaults } = this.#spec;
    checkKeys(values, Object.keys(defaults), this.#name);
    checkKinds(this.#name, values, defaults);
    checkHoldsNot(this, this.#name, widgetsIn(Object.values(values)));
    this.#checkTogether(values);
  }

  #checkTogether(values: Partial<Traits>): void {
    const traits = { ...this.#traits, ...values };
    const problem = this.#spec.check?.(traits, new Set(Object.keys(values) as (keyof Traits)[]));
    if (problem) throw badTrait(this.#name, problem.trait, traits[problem.trait], problem.expected, problem.next);
  }

  async #start(): Promise<void> {
    await this.prepare();
    await this.#hold();
    const host = widgetHost();
    if (this.#holders.size === 0 || !host) {
      this.#opening = undefined;
      return;
    }
    this.#dirty.clear();
    const { state, buffer_paths, buffers } = this.wire();
    const comm = host.open(
      "jupyter.widget",
      { state, buffer_paths },
      { buffers, metadata: { version: PROTOCOL_VERSION } },
    );
    this.#comm = comm;
    noteOpen(comm.id, this);
    comm.onMessage((message) => this.#receive(message));
    comm.onClose(() => this.#forget(comm));
  }

  /** Opens the widgets that the state names now, and lets go of those it named before. */
  async #hold(): Promise<void> {
    const now = new Set(this.references);
    for (const child of now) await child.open(this);
    for (const child of this.#held) if (!now.has(child)) child.release(this);
    this.#held = now;
  }

  #shut(): void {
    const comm = this.#comm;
    if (comm) {
      this.#forget(comm);
      comm.close();
    }
    this.#opening = undefined;
  }

  #forget(comm: WidgetComm): void {
    if (this.#comm !== comm) return;
    noteClosed(comm.id);
    this.#comm = undefined;
    this.#opening = undefined;
    this.#holders.clear();
    for (const child of this.#held) child.release(this);
    this.#held.clear();
  }

  #receive({ data, buffers }: WidgetMessage): void {
    if (typeof data !== "object" || data === null) return;
    const { method, state, buffer_paths, content } = data as Record<string, unknown>;
    if (method === "update" && typeof state === "object" && state !== null) {
      const paths = Array.isArray(buffer_paths) ? (buffer_paths as BufferPath[]) : [];
      this.#fromFrontEnd(joinBuffers({ ...state }, paths, buffers));
    } else if (method === "request_state") {
      this.#sendState("update", this.wire());
    } else if (method === "custom") {
      for (const listener of [...this.#messages]) guarded(() => listener(content, buffers));
    }
  }

  #fromFrontEnd(incoming: Record<string, unknown>): void {
    const { defaults, local = [], guarded: fixed = [] } = this.#spec;
    const values: Partial<Traits> = {};
    for (const [key, value] of Object.entries(incoming)) {
      const name = key as keyof Traits;
      if (!Object.hasOwn(defaults, key) || local.includes(name) || fixed.includes(name)) continue;
      if (sameKind(value, defaults[name])) values[name] = value as Traits[keyof Traits];
    }
    if (Object.keys(values).length === 0) return;
    this.#sendState("echo_update", splitBuffers(values as Record<string, unknown>));
    try {
      this.#checkTogether(values);
    } catch {
      for (const name of Object.keys(values) as (keyof Traits)[]) this.#dirty.add(name);
      this.#schedule();
      return;
    }
    this.#change(values, true);
  }

  /** @param mirrored the front end has these values already */
  #change(values: Partial<Traits>, mirrored: boolean): void {
    const before = new Map<keyof Traits, unknown>();
    const assign = (patch: Partial<Traits>, send: boolean) => {
      for (const key of Object.keys(patch) as (keyof Traits)[]) {
        const value = patch[key] as Traits[keyof Traits];
        if (equal(this.#traits[key], value)) continue;
        if (!before.has(key)) before.set(key, this.#traits[key]);
        this.#traits[key] = value;
        if (send) this.#dirty.add(key);
      }
    };
    assign(values, !mirrored);
    const refined = this.#spec.refine?.(this.#traits, new Set(Object.keys(values) as (keyof Traits)[]));
    if (refined) assign(refined, true);
    this.#schedule();
    for (const [key, previous] of before) {
      const value = this.#traits[key];
      if (equal(value, previous)) continue;
      for (const listener of [...(this.#listeners.get(key) ?? [])]) {
        guarded(() => (listener as TraitListener<unknown>)(value, previous));
      }
    }
  }

  #schedule(): void {
    for (const key of this.#spec.local ?? []) this.#dirty.delete(key);
    if (!this.#comm || this.#dirty.size === 0 || this.#flushing) return;
    this.#flushing = Promise.resolve()
      .then(async () => {
        while (this.#dirty.size > 0 && this.#comm) {
          const keys = [...this.#dirty].filter((name) => !this.#isWithheld(name));
          this.#dirty.clear();
          if (keys.length === 0) continue;
          if (keys.some((key) => widgetsIn(this.#traits[key]).size > 0)) await this.#hold();
          this.#sendState("update", splitBuffers(this.#synced(keys)));
        }
      })
      .catch(report)
      .finally(() => {
        this.#flushing = undefined;
      });
  }

  #sendState(method: "update" | "echo_update", { state, buffer_paths, buffers }: SplitState): void {
    this.#comm?.send({ method, state, buffer_paths }, { buffers });
  }

  #synced(keys: readonly (keyof Traits)[]): Record<string, unknown> {
    const local = this.#spec.local ?? [];
    const kept = keys.filter((key) => !local.includes(key));
    return Object.fromEntries(kept.map((key) => [key, this.#traits[key]]));
  }

  #identity(): Record<string, unknown> {
    const { module, version, model, view, viewModule = module } = this.#spec.classes;
    return {
      _model_module: module,
      _model_module_version: version,
      _model_name: model,
      _view_module: view === null ? null : viewModule,
      _view_module_version: view === null ? "" : version,
      _view_name: view,
    };
  }
}

/** The widgets that a value is or holds. */
function widgetsIn(value: unknown, found = new Set<WidgetLike>()): Set<WidgetLike> {
  if (value instanceof Widget) found.add(value as WidgetLike);
  else if (Array.isArray(value)) for (const item of value) widgetsIn(item, found);
  return found;
}

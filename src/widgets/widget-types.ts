import type { Displayable } from "../core/display.js";
import type { SplitState } from "./buffers.js";

/** Which classes of the front end a widget is made of. */
export interface WidgetClasses {
  readonly module: string;
  readonly version: string;
  readonly model: string;
  readonly view: string | null;
  /** Where the view is, unless it is where the model is. */
  readonly viewModule?: string;
}

/** A trait whose value cannot stand, and what was expected of it. */
export interface TraitProblem<Traits extends object> {
  readonly trait: keyof Traits & string;
  readonly expected: string;
  /** What to do. */
  readonly next?: string;
}

/** How a kind of widget keeps its traits. */
export interface WidgetSpec<Traits extends object> {
  /** Its name in errors; the model's class when absent. */
  readonly name?: string;
  readonly classes: WidgetClasses;
  readonly defaults: Traits;
  /** Traits that stay in the kernel. */
  readonly local?: readonly (keyof Traits)[];
  /** Traits that the front end may not set. */
  readonly guarded?: readonly (keyof Traits)[];
  /** Looks for a value that cannot stand, alone or beside the others; kinds of values are checked before. */
  check?(traits: Readonly<Traits>, changed: ReadonlySet<keyof Traits>): TraitProblem<Traits> | undefined;
  /** Brings traits in order after a change: returns what must be different. */
  refine?(traits: Readonly<Traits>, changed: ReadonlySet<keyof Traits>): Partial<Traits>;
}

/** Hears that a trait changed: its new value and the one before. */
export type TraitListener<Value> = (value: Value, previous: Value) => void | Promise<void>;
/** Hears the custom messages of a widget's browser half. */
export type MessageListener = (content: unknown, buffers: readonly Uint8Array[]) => void | Promise<void>;

/** A widget, whatever its traits. */
export interface WidgetLike extends Displayable {
  readonly modelId: string;
  readonly isOpen: boolean;
  readonly classes: WidgetClasses;
  /** The widgets that its state names. */
  readonly references: readonly WidgetLike[];
  /** The widgets that stand inside it on the page, or that its state names. */
  readonly contents: readonly WidgetLike[];
  /** What a front end with a kernel is told of it. */
  wire(): SplitState;
  /** What a page without a kernel is given. */
  saved(): SplitState;
  prepare(): Promise<void>;
  open(holder: unknown): Promise<void>;
  release(holder: unknown): void;
  close(): void;
}

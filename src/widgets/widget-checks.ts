import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { asBytes } from "./buffers.js";
import type { WidgetLike } from "./widget-types.js";

/**
 * Refuses values that a trait cannot have, by the kind of its default: of a number another finite number, of a list of
 * texts a list of texts. Traits without a default can be anything.
 * @param widget its name, for the error
 * @throws SightlineError `bad-config`
 */
export function checkKinds<Traits extends object>(widget: string, values: Partial<Traits>, defaults: Traits): void {
  for (const name of Object.keys(values) as (keyof Traits & string)[]) {
    const expected = mismatch(values[name], defaults[name]);
    if (expected) throw badTrait(widget, name, values[name], expected);
  }
}

/** The error for a value that a trait of a widget cannot have. */
export function badTrait(
  widget: string,
  trait: string,
  received: unknown,
  expected: string,
  next?: string,
): SightlineError<"bad-config"> {
  return new SightlineError("bad-config", `${trait} of ${widget} is ${inWords(received)}`, {
    received,
    expected,
    next,
  });
}

/** What was expected, where a value is of another kind than the example. */
function mismatch(value: unknown, example: unknown): string | undefined {
  if (typeof example === "number") return Number.isFinite(value) ? undefined : "a finite number";
  if (typeof example === "string") return typeof value === "string" ? undefined : "a text";
  if (typeof example === "boolean") return typeof value === "boolean" ? undefined : "true or false";
  if (asBytes(example)) return asBytes(value) ? undefined : "bytes";
  if (!Array.isArray(example)) return undefined;
  if (!Array.isArray(value)) return "a list";
  const item = value.map((each: unknown) => mismatch(each, example[0])).find((expected) => expected !== undefined);
  return item && `a list, each item ${item}`;
}

/** A value in an error's sentence: short, whatever it is. */
function inWords(value: unknown): string {
  if (typeof value === "string") return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/**
 * Refuses that a widget comes to hold itself, directly or inside another one: no front end can show that.
 * @throws SightlineError `bad-config`
 */
export function checkHoldsNot(holder: WidgetLike, name: string, inside: Iterable<WidgetLike>): void {
  const direct = new Set(inside);
  const found = new Set(direct);
  for (const widget of found) {
    if (widget === holder) {
      throw new SightlineError(
        "bad-config",
        `this ${name} cannot hold ${direct.has(holder) ? "itself" : "what holds it"}`,
        {
          next: `make another ${name}`,
        },
      );
    }
    for (const part of widget.contents) found.add(part);
  }
}

/** @param of what it listens to: "onClick" @throws SightlineError `bad-config` for what cannot be called */
export function checkListener(listener: unknown, of: string): void {
  if (typeof listener === "function") return;
  throw new SightlineError("bad-config", `the listener of ${of} is ${kindOf(listener)}`, {
    received: listener,
    expected: "a function",
  });
}

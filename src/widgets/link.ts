import { checkText } from "../core/checks.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import { Widget } from "./widget.js";
import type { WidgetLike } from "./widget-types.js";

/**
 * Keeps a trait of one widget equal to a trait of another, starting with the first's value; returns how to stop that.
 * @example
 * const [slider, field] = [new IntSlider({ value: 3 }), new IntText()];
 * const stop = link(slider, "value", field, "value");
 * console.log(field.value);                                   // 3
 * stop();
 * @throws SightlineError `unknown-option` for a trait that its widget does not have, `bad-config` for a value that the
 *   other cannot have, or what is no widget
 */
export function link<A extends object, B extends object, Name extends keyof A, Other extends keyof B>(
  a: Widget<A>,
  name: Name,
  b: Widget<B>,
  other: Other & (A[Name] extends B[Other] ? (B[Other] extends A[Name] ? Other : never) : never),
): () => void {
  for (const one of [a, b]) checkWidget(one);
  b.set(other, a.get(name) as unknown as B[Other]);
  const stops = [
    a.observe(name, (value) => b.set(other, value as unknown as B[Other])),
    b.observe(other as Other, (value) => a.set(name, value as unknown as A[Name])),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function checkWidget(value: unknown): asserts value is WidgetLike {
  if (value instanceof Widget) return;
  throw new SightlineError("bad-config", `not a widget: ${kindOf(value)}`, {
    received: value,
    expected: "a widget, such as an IntSlider",
  });
}

/** A side of a link: a widget that has the trait. */
function checkSide(side: unknown): void {
  const [widget, trait] = Array.isArray(side) ? side : [side];
  checkWidget(widget);
  checkText(trait, "a side of FrontEndLink", "[widget, 'name of its trait']");
  (widget as Widget<Record<string, unknown>>).get(trait);
}

/** Traits of {@link FrontEndLink}: a widget and the name of one of its traits, on either side. */
export interface LinkTraits {
  /** The widget and the name of its trait that are followed. */
  source: readonly unknown[];
  /** The widget and the name of its trait that follow. */
  target: readonly unknown[];
}

/** The same as {@link link}, kept by the front end alone: it moves in a saved page too. */
export class FrontEndLink extends Widget<LinkTraits> {
  constructor(source: readonly [WidgetLike, string], target: readonly [WidgetLike, string]) {
    for (const side of [source, target]) checkSide(side);
    super({
      classes: { module: "@jupyter-widgets/controls", version: "2.0.0", model: "LinkModel", view: null },
      defaults: { source, target },
      guarded: ["source", "target"],
    });
  }
}

import { Widget } from "./widget.js";
import type { WidgetLike } from "./widget-types.js";

/**
 * Keeps a trait of one widget equal to a trait of another, starting with the first's value; returns how to stop that.
 * @example
 * const [slider, field] = [new IntSlider({ value: 3 }), new IntText()];
 * const stop = link(slider, "value", field, "value");
 * console.log(field.value);                                   // 3
 * stop();
 */
export function link<A extends object, B extends object, Name extends keyof A, Other extends keyof B>(
  a: Widget<A>,
  name: Name,
  b: Widget<B>,
  other: Other & (A[Name] extends B[Other] ? (B[Other] extends A[Name] ? Other : never) : never),
): () => void {
  b.set(other, a.get(name) as unknown as B[Other]);
  const stops = [
    a.observe(name, (value) => b.set(other, value as unknown as B[Other])),
    b.observe(other as Other, (value) => a.set(name, value as unknown as A[Name])),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Traits of {@link FrontEndLink}: a widget and the name of one of its traits, on either side. */
export interface LinkTraits {
  source: readonly unknown[];
  target: readonly unknown[];
}

/** The same as {@link link}, kept by the front end alone: it moves in a saved page too. */
export class FrontEndLink extends Widget<LinkTraits> {
  constructor(source: readonly [WidgetLike, string], target: readonly [WidgetLike, string]) {
    super({
      classes: { module: "@jupyter-widgets/controls", version: "2.0.0", model: "LinkModel", view: null },
      defaults: { source, target },
      guarded: ["source", "target"],
    });
  }
}

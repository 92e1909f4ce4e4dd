import { h } from "../../../../widgets/src/dom.js";

/** A name, what it is, and the whole of it on hover where that is longer. */
export type Fact = readonly [name: string, value: string, whole?: string];

/** Facts, one a line. */
export function factList(facts: readonly Fact[]): HTMLElement {
  const pairs = facts.flatMap(([name, value, title]) => [h("dt", {}, name), h("dd", { title }, value)]);
  return h("dl", { class: "pg-facts" }, ...pairs);
}

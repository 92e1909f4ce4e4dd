import { h, uniqueId } from "./dom.js";

/** Values to choose from, each with the text that stands for it. */
export type Choices = readonly (readonly [value: string, text: string])[];

/** A labelled control with one value. */
export interface Field<Value> {
  readonly el: HTMLElement;
  set(value: Value): void;
}

export interface Select extends Field<string> {
  setChoices(choices: Choices): void;
}

/** A drop-down list with its label. */
export function select(options: {
  readonly label: string;
  readonly choices: Choices;
  readonly value: string;
  onchange(value: string): void;
}): Select {
  const id = uniqueId("select");
  const list = h("select", { id, class: "sl-select", onchange: () => options.onchange(list.value) });
  const setChoices = (choices: Choices) =>
    list.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
  setChoices(options.choices);
  list.value = options.value;
  return {
    el: h("div", { class: "sl-field" }, h("label", { for: id }, options.label), list),
    set(value) {
      list.value = value;
    },
    setChoices,
  };
}

/** A slider with its label and value. */
export function slider(options: {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  text?(value: number): string;
  oninput(value: number): void;
}): Field<number> {
  const { label, min, max, step, text = String } = options;
  const id = uniqueId("slider");
  const output = h("output", { for: id, class: "sl-number" });
  const input = h("input", {
    id,
    type: "range",
    min,
    max,
    step,
    oninput: () => {
      say();
      options.oninput(input.valueAsNumber);
    },
  });
  const say = () => {
    output.textContent = text(input.valueAsNumber);
    input.setAttribute("aria-valuetext", text(input.valueAsNumber));
  };
  const set = (value: number) => {
    input.value = String(value);
    say();
  };
  set(options.value);
  return {
    el: h(
      "div",
      { class: "sl-field" },
      h("label", { for: id }, label),
      h("div", { class: "sl-slider" }, input, output),
    ),
    set,
  };
}

/** A group of buttons of which one is pressed; arrow keys move between them. */
export function choice(options: {
  readonly label: string;
  readonly choices: Choices;
  readonly value: string;
  onchange(value: string): void;
}): Field<string> {
  const name = uniqueId("choice");
  const inputs = options.choices.map(([value]) =>
    h("input", { type: "radio", name, value, onchange: () => options.onchange(value) }),
  );
  const set = (value: string) => {
    for (const input of inputs) input.checked = input.value === value;
  };
  set(options.value);
  return {
    el: h(
      "fieldset",
      { class: "sl-choice" },
      h("legend", {}, options.label),
      ...options.choices.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text))),
    ),
    set,
  };
}

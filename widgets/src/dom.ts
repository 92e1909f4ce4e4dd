import { probability } from "../../src/render/format.js";

type Child = Node | string | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;

/**
 * An element: attributes by name, listeners by `on…`, children as nodes or text. Text is never read as markup, so labels
 * may hold anything.
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value as EventListener);
    else if (typeof value === "boolean") element.toggleAttribute(key, value);
    else if (value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

let count = 0;

/** An id that nothing else on the page has. */
export function uniqueId(stem: string): string {
  count += 1;
  return `sightline-${stem}-${count}`;
}

/** A drop-down list with its label. */
export function select(options: {
  readonly label: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
  readonly value: string;
  onchange(value: string): void;
}): {
  readonly el: HTMLElement;
  set(value: string): void;
  choices(next: readonly (readonly [string, string])[]): void;
} {
  const id = uniqueId("select");
  const list = h("select", { id, class: "sl-select", onchange: () => options.onchange(list.value) });
  const fill = (choices: readonly (readonly [string, string])[]) =>
    list.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
  fill(options.choices);
  list.value = options.value;
  return {
    el: h("div", { class: "sl-field" }, h("label", { for: id }, options.label), list),
    set(value) {
      list.value = value;
    },
    choices: fill,
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
}): { readonly el: HTMLElement; readonly input: HTMLInputElement; set(value: number): void } {
  const { label, min, max, step, text = String } = options;
  const id = uniqueId("slider");
  const output = h("output", { for: id, class: "sl-number" }, text(options.value));
  const input = h("input", {
    id,
    type: "range",
    min,
    max,
    step,
    oninput: () => {
      output.textContent = text(input.valueAsNumber);
      input.setAttribute("aria-valuetext", text(input.valueAsNumber));
      options.oninput(input.valueAsNumber);
    },
  });
  input.value = String(options.value);
  return {
    el: h(
      "div",
      { class: "sl-field" },
      h("label", { for: id }, label),
      h("div", { class: "sl-slider" }, input, output),
    ),
    input,
    set(value) {
      input.value = String(value);
      output.textContent = text(value);
    },
  };
}

/** Two handles on one line: a range of percentiles. */
export function range(options: {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: readonly [number, number];
  oninput(value: [number, number]): void;
}): { readonly el: HTMLElement; set(value: readonly [number, number]): void } {
  const { min, max, step, label } = options;
  const output = h("output", { class: "sl-number" });
  const handle = (name: string, value: number) => {
    const input = h("input", { type: "range", min, max, step, "aria-label": `${label}, ${name}` });
    input.value = String(value);
    return input;
  };
  const low = handle("lower end", options.value[0]);
  const high = handle("upper end", options.value[1]);
  const track = h("div", { class: "sl-range" }, low, high);
  const show = () => {
    output.textContent = `${low.value}–${high.value} %`;
    track.style.setProperty("--low", `${((low.valueAsNumber - min) / (max - min)) * 100}%`);
    track.style.setProperty("--high", `${((high.valueAsNumber - min) / (max - min)) * 100}%`);
  };
  const move = (moved: HTMLInputElement) => {
    const gap = step;
    if (high.valueAsNumber - low.valueAsNumber < gap) {
      if (moved === low) low.value = String(high.valueAsNumber - gap);
      else high.value = String(low.valueAsNumber + gap);
    }
    show();
    options.oninput([low.valueAsNumber, high.valueAsNumber]);
  };
  low.addEventListener("input", () => move(low));
  high.addEventListener("input", () => move(high));
  show();
  return {
    el: h(
      "div",
      { class: "sl-field", role: "group", "aria-label": label },
      h("span", { class: "sl-label" }, label),
      h("div", { class: "sl-slider" }, track, output),
    ),
    set([from, to]) {
      low.value = String(from);
      high.value = String(to);
      show();
    },
  };
}

export function button(text: string, onclick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  return h("button", { type: "button", class: "sl-button", onclick, ...attributes }, text);
}

/** A group of buttons of which one is pressed; arrow keys move between them. */
export function choice(options: {
  readonly label: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
  readonly value: string;
  onchange(value: string): void;
}): { readonly el: HTMLElement; set(value: string): void } {
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

/** Bars of classes: label, probability, and the probability before where there is one. */
export function scoreBars(
  rows: readonly { readonly label: string; readonly probability: number; readonly before?: number }[],
): HTMLElement {
  return h(
    "ol",
    { class: "sl-scores" },
    ...rows.map(({ label, probability: now, before }) => {
      const row = h(
        "li",
        {},
        h("span", { class: "sl-score-label" }, label),
        h(
          "span",
          { class: "sl-number" },
          before === undefined ? probability(now) : `${probability(before)} → ${probability(now)}`,
        ),
      );
      row.style.setProperty("--now", `${Math.round(now * 1000) / 10}%`);
      row.style.setProperty("--before", `${Math.round((before ?? now) * 1000) / 10}%`);
      return row;
    }),
  );
}

/** A line that screen readers announce when it changes. */
export function announcer(): { readonly el: HTMLElement; say(text: string): void } {
  const el = h("div", { class: "sl-status", role: "status", "aria-live": "polite" });
  return {
    el,
    say(text) {
      if (el.textContent !== text) el.textContent = text;
    },
  };
}

/** Hands text to the clipboard; where the page may not, shows it selected. */
export async function copyText(text: string, shown: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "sl-copied", readonly: true, rows: 4, "aria-label": "text to copy" });
    area.value = text;
    shown.replaceChildren(area);
    area.select();
    return false;
  }
}

/** Saves bytes as a file of the reader's. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

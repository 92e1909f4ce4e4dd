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

export function button(text: string, onclick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  return h("button", { type: "button", class: "sl-button", onclick, ...attributes }, text);
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

/** What keys do, for everybody to read. @param where they do it */
export function keysLine(where: string, keys: readonly (readonly [key: string, does: string])[]): HTMLElement {
  return h(
    "p",
    { class: "sl-keys" },
    where,
    ...keys.map(([key, does]) => h("span", {}, h("kbd", {}, key), ` ${does}`)),
  );
}

/** The keys of a picture, and on a touch screen how a finger works in it. @param how what the finger does there */
export function pictureKeys(keys: Parameters<typeof keysLine>[1], how: string): HTMLElement {
  const line = keysLine("In the picture: ", keys);
  line.append(h("span", { class: "sl-touch" }, `Tap the picture before you ${how} with a finger.`));
  return line;
}

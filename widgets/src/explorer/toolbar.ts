import { plural } from "../../../src/render/format.js";
import { button, h, uniqueId } from "../dom.js";
import { columnTitle } from "./names.js";
import type { Store } from "./store.js";

/** Words are looked for once the reader pauses for so many milliseconds. */
const PAUSE = 200;

/** Search, order, maps and SQL, and how many pictures are left. */
export class Toolbar {
  readonly el: HTMLElement;
  readonly search: HTMLInputElement;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.search = h("input", {
      type: "search",
      class: "sl-select",
      placeholder: "Search",
      "aria-label": "Search in paths, labels and notes",
      title: "/",
    });
    let pause: ReturnType<typeof setTimeout> | undefined;
    this.search.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(() => this.#find(this.search.value.trim()), PAUSE);
    });
    store.scope.onLeave(() => clearTimeout(pause));
    store.on(["order"], () => {
      const words = store.filter.find((one) => one.kind === "text");
      if (!this.search.matches(":focus")) this.search.value = words?.text ?? "";
    });
    this.el = h(
      "div",
      { class: "sl-x-tools" },
      this.search,
      ...this.#sorting(),
      this.#maps(),
      this.#sql(),
      this.#count(),
    );
  }

  #find(text: string): void {
    void this.#store.put(({ kind }) => kind === "text", text ? { kind: "text", text } : undefined);
  }

  #sorting(): HTMLElement[] {
    const store = this.#store;
    const columns = store.facts.columns.map(({ name }) => h("option", { value: name }, columnTitle(name)));
    const select = h(
      "select",
      { class: "sl-select", "aria-label": "Sort by", onchange: () => sort() },
      h("option", { value: "" }, "as audited"),
      ...columns,
    );
    const direction = button(
      "↓",
      () => {
        direction.ariaPressed = String(direction.ariaPressed !== "true");
        sort();
      },
      { "aria-label": "Largest first", "aria-pressed": "true", title: "Largest first" },
    );
    const sort = () => {
      const descending = direction.ariaPressed === "true";
      direction.textContent = descending ? "↓" : "↑";
      void store.show({ sort: select.value ? { column: select.value, descending } : null });
    };
    store.on(["order"], () => {
      select.value = store.sort?.column ?? "";
      if (store.sort) direction.ariaPressed = String(store.sort.descending);
      direction.textContent = direction.ariaPressed === "true" ? "↓" : "↑";
    });
    return [select, direction];
  }

  #maps(): HTMLElement {
    const maps = button("Maps", () => this.#store.setOverlay(!this.#store.overlay), {
      "aria-pressed": "false",
      title: "M",
    });
    this.#store.on(["overlay"], () => (maps.ariaPressed = String(this.#store.overlay)));
    return maps;
  }

  /** A condition in SQL, folded until it is wanted. */
  #sql(): HTMLElement {
    const store = this.#store;
    const id = uniqueId("sql");
    const where = h("input", {
      id,
      class: "sl-select sl-x-code",
      spellcheck: "false",
      placeholder: "prediction = 'boat' and border_share > .5",
    });
    const run = (event: Event) => {
      event.preventDefault();
      const text = where.value.trim();
      void store.put(({ kind }) => kind === "sql", text ? { kind: "sql", where: text } : undefined);
    };
    // what holds is what stands there, but for what somebody is still writing
    let applied = "";
    store.on(["order"], () => {
      const now = store.filter.find((one) => one.kind === "sql")?.where ?? "";
      if (now !== "" || where.value === applied) where.value = now;
      applied = now;
    });
    return h(
      "details",
      { class: "sl-x-sql" },
      h("summary", {}, "SQL"),
      h(
        "form",
        { onsubmit: run },
        h("label", { for: id, class: "sl-label" }, "Pictures for which"),
        where,
        h("button", { class: "sl-button" }, "Show"),
      ),
    );
  }

  #count(): HTMLElement {
    const store = this.#store;
    const count = h("span", { class: "sl-number", role: "status", "data-count": "" });
    const reset = button("Show all", () => void store.show({ filter: [] }));
    const say = () => {
      const { ids, facts, filter } = store;
      const all = plural(facts.pictures, "picture");
      count.textContent = filter.length > 0 ? `${ids.length.toLocaleString("en")} of ${all}` : all;
      reset.hidden = filter.length === 0;
    };
    store.on(["order"], say);
    return h("div", { class: "sl-x-count" }, count, reset);
  }
}

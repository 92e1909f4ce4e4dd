import type { Scope } from "../view.js";

const VIEW = "view";

/** The name of a view in a page's address, behind `#`: a link opens what somebody kept. */
export interface Address {
  /** Undefined where the address names none. */
  readonly view: string | undefined;
  /** Names a view in the address. */
  name(view: string): void;
  /** A link to a view. */
  link(view: string): string;
}

const fragment = (view: string) => `#${VIEW}=${encodeURIComponent(view)}`;

/** The page's own address. @param onchange told when the reader follows a link to a view */
export function pageAddress(scope: Scope, onchange: (view: string) => void): Address {
  const named = () => new URLSearchParams(location.hash.slice(1)).get(VIEW) ?? undefined;
  scope.listen(window, "hashchange", () => {
    const view = named();
    if (view !== undefined) onchange(view);
  });
  return {
    get view() {
      return named();
    },
    name: (view) => history.replaceState(null, "", fragment(view)),
    link: (view) => location.href.replace(/#.*$/, "") + fragment(view),
  };
}

import type { Reply } from "../../../src/explorer/requests.js";
import type { ExplorerBackend } from "../../../src/explorer/types.js";
import { ViewError } from "../error-box.js";

/** Carries a request to an explorer and its answer back. */
export type Ask = (name: keyof ExplorerBackend, given: readonly unknown[]) => Promise<unknown>;

/** What a reply brings. @throws ViewError with the reason where it brings none */
export function answerOf(reply: Reply): unknown {
  if ("error" in reply) throw new ViewError(reply.error);
  return reply.value;
}

/** An explorer somewhere else, which each request is carried to. */
export function remoteExplorer(ask: Ask): ExplorerBackend {
  const method =
    (name: keyof ExplorerBackend) =>
    (...given: readonly unknown[]): Promise<never> =>
      ask(name, given) as Promise<never>;
  return {
    about: method("about"),
    order: method("order"),
    facets: method("facets"),
    overview: method("overview"),
    annotated: method("annotated"),
    annotate: method("annotate"),
    export: method("export"),
    rows: method("rows"),
    maps: method("maps"),
    detail: method("detail"),
    sheet: method("sheet"),
    picture: method("picture"),
    layout: method("layout"),
    values: method("values"),
    testPicture: method("testPicture"),
    prove: method("prove"),
    progress: method("progress"),
    cancel: method("cancel"),
  };
}

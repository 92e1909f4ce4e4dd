import type { CellLanguage } from "./language/service.js";

/** Longest list of completions that a front end gets. */
const MAX_COMPLETIONS = 500;

/** Answers a `complete_request`. */
export function complete(language: CellLanguage, code: string, cursor: number): object {
  const { start, completions } = language.complete(code, codeUnits(code, cursor));
  const cursor_start = codePoints(code, start);
  const offered = completions.slice(0, MAX_COMPLETIONS);
  return {
    status: "ok",
    matches: offered.map(({ name }) => name),
    cursor_start,
    cursor_end: cursor,
    metadata: {
      _jupyter_types_experimental: offered.map(({ name, kind }) => ({
        start: cursor_start,
        end: cursor,
        text: name,
        type: kind,
      })),
    },
  };
}

/** Answers an `inspect_request`. */
export function inspect(language: CellLanguage, code: string, cursor: number): object {
  const info = language.inspect(code, codeUnits(code, cursor));
  if (!info) return { status: "ok", found: false, data: {}, metadata: {} };
  const { signature, documentation } = info;
  return {
    status: "ok",
    found: true,
    data: {
      "text/plain": [signature, documentation].filter(Boolean).join("\n\n"),
      "text/markdown": `\`\`\`typescript\n${signature}\n\`\`\`\n\n${documentation}`,
    },
    metadata: {},
  };
}

/** `name?` asks for help, as in IPython. */
const HELP = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$.]*)\?\s*$/u;

/** The name that a cell asks for help about. */
export function helpSubject(source: string): string | undefined {
  return HELP.exec(source)?.[1];
}

/** What `name?` shows in the front end's pager, as the payload of an `execute_reply`. */
export function helpPage(language: CellLanguage, name: string): object[] {
  const info = language.inspect(name, name.length - 1);
  const text = info ? [info.signature, info.documentation].filter(Boolean).join("\n\n") : `'${name}' is not known`;
  return [{ source: "page", data: { "text/plain": text }, start: 0 }];
}

/** Jupyter counts a cursor in code points, JavaScript in code units. */
function codeUnits(text: string, points: number): number {
  return Array.from(text).slice(0, points).join("").length;
}

function codePoints(text: string, units: number): number {
  return Array.from(text.slice(0, units)).length;
}

/** One executed cell: session, number, source. */
type Entry = [session: number, line: number, source: string];

/** What was run in this life of the kernel, as `history_request` asks for it. */
export class History {
  readonly #entries: Entry[] = [];
  readonly #outputs = new Map<number, string>();

  add(line: number, source: string): void {
    this.#entries.push([0, line, source]);
  }

  setOutput(line: number, text: string): void {
    this.#outputs.set(line, text);
  }

  /** @returns `[session, line, source]`, or `[session, line, [source, output]]` */
  answer(request: Record<string, unknown>): unknown[] {
    const { hist_access_type: access, n, start = 0, stop, pattern = "*", unique = false, output = false } = request;
    let entries = this.#entries;
    if (access === "range") {
      const end = stop === null || stop === undefined ? Number.POSITIVE_INFINITY : Number(stop);
      entries = entries.filter(([, line]) => line >= Number(start) && line < end);
    } else {
      if (access === "search") {
        entries = entries.filter(([, , source]) => fitsGlob(source, String(pattern)));
        if (unique) entries = [...new Map(entries.map((entry) => [entry[2], entry])).values()];
      }
      if (typeof n === "number") entries = n > 0 ? entries.slice(-n) : [];
    }
    if (!output) return entries;
    return entries.map(([session, line, source]) => [session, line, [source, this.#outputs.get(line) ?? null]]);
  }
}

/** Whether a text fits a pattern of `*` and `?`; takes at most as many steps as the product of both lengths. */
function fitsGlob(text: string, pattern: string): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = at;
    } else if (pattern[p] === "?" || pattern[p] === text[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      // the last star takes one more character
      p = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

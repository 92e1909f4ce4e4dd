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
        const matches = glob(String(pattern));
        entries = entries.filter(([, , source]) => matches.test(source));
        if (unique) entries = [...new Map(entries.map((entry) => [entry[2], entry])).values()];
      }
      if (typeof n === "number") entries = n > 0 ? entries.slice(-n) : [];
    }
    if (!output) return entries;
    return entries.map(([session, line, source]) => [session, line, [source, this.#outputs.get(line) ?? null]]);
  }
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  return new RegExp(`^${source}$`);
}

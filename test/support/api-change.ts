/** What a change of the public surface asks of the next version. */
export type Change = "major" | "minor" | "patch";

export interface SurfaceChange {
  readonly change: Change;
  /** "index: Audit: map(place: number): void; is gone", the breaking ones first. */
  readonly reasons: readonly string[];
}

/**
 * Compares two snapshots of the public surface (test/fixtures/public-api.txt). What is gone or says something else is major,
 * and so is a member that options must have from now on; what is new is minor.
 */
export function surfaceChange(before: string, after: string): SurfaceChange {
  const [was, is] = [declarations(before), declarations(after)];
  const major: string[] = [];
  const minor: string[] = [];
  for (const [name, old] of was) {
    const now = is.get(name);
    if (!now) major.push(`${name} is gone`);
    else if (now.join("\n") !== old.join("\n")) {
      const { broken, added } = compared(old, now);
      major.push(...broken.map((why) => `${name}: ${why}`));
      minor.push(...added.map((why) => `${name}: ${why}`));
    }
  }
  for (const name of is.keys()) if (!was.has(name)) minor.push(`${name} is new`);
  const change = major.length > 0 ? "major" : minor.length > 0 ? "minor" : "patch";
  return { change, reasons: [...major, ...minor] };
}

/** The lines of each declaration, by its door and its name; overloads together. */
function declarations(snapshot: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let door = "";
  let lines: string[] = [];
  for (const line of snapshot.split("\n")) {
    if (line.startsWith("# ")) door = line.slice(2);
    else if (/^\S/.test(line) && !/^[})\]]/.test(line)) {
      const [, name = line] =
        /^(?:abstract )?(?:class|const|enum|function|generated|interface|type|namespace) ([\w$]+)/.exec(line) ?? [];
      const key = `${door}: ${name}`;
      lines = found.get(key) ?? [];
      found.set(key, lines);
      lines.push(line);
    } else if (line !== "") lines.push(line);
  }
  return found;
}

function compared(old: readonly string[], now: readonly string[]): { broken: string[]; added: string[] } {
  const broken: string[] = [];
  const left = [...now];
  const changed = old.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const added: string[] = [];
  for (const line of changed) {
    const wider = left.findIndex((candidate) => isWider(line, candidate));
    if (wider < 0) broken.push(`${line.trim()} is gone`);
    else added.push(`${left.splice(wider, 1)[0].trim()} takes more`);
  }
  const isOptions = /^interface \w*Options\b/.test(old[0]);
  for (const line of left) {
    const required = isOptions && /^ {4}(?:readonly )?[\w$"-]+:/.test(line);
    (required ? broken : added).push(`${line.trim()} is ${required ? "asked for" : "new"}`);
  }
  return { broken, added };
}

/** Whether two lines differ only in unions of texts, each of which has all that it had. */
function isWider(old: string, now: string): boolean {
  const union = /"[^"\n]*"(?: \| "[^"\n]*")*/g;
  if (old.replace(union, "…") !== now.replace(union, "…")) return false;
  const [was, is] = [old, now].map((line) => (line.match(union) ?? []).map((text) => text.split(" | ")));
  return was.every((texts, i) => texts.every((text) => is[i].includes(text)));
}

/** Whether a version may follow another one after such a change. Before 1.0.0, and up to a release's own, anything may. */
export function mayFollow(released: string, next: string, change: Change): boolean {
  const [was, is] = [released, next].map((version) => version.split("-")[0].split(".").map(Number));
  if (was[0] === 0 || is[0] > was[0]) return true;
  if (is[0] < was[0]) return false;
  if (change === "major") return false;
  return change === "minor" ? is[1] > was[1] : true;
}

import { type InspectOptions, inspect } from "#platform/inspect";

/** What `inspect` says of a value; of one that throws while it is looked at, what can be said without looking. */
export function safeInspect(value: unknown, options: InspectOptions = {}): string {
  const plain = { ...options, customInspect: false, showProxy: true };
  for (const attempt of [options, plain]) {
    try {
      return inspect(value, attempt);
    } catch {
      // its own code threw
    }
  }
  return `a value that cannot be shown (${typeof value})`;
}

/** A property as text; undefined where there is none or reading it throws. */
export function safeText(value: object, key: string): string | undefined {
  try {
    const text = (value as Record<string, unknown>)[key];
    return text === undefined ? undefined : String(text);
  } catch {
    return undefined;
  }
}

/** `instanceof`, also for values whose own code throws when they are asked. */
export function isInstance<T>(value: unknown, of: new (...parameters: never[]) => T): value is T {
  try {
    return value instanceof of;
  } catch {
    return false;
  }
}

/** Whether a value is an error, of this realm or another one. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
  } catch {
    return false;
  }
}

/** The message of an error, or what was thrown instead of one. */
export function messageOf(thrown: unknown): string {
  return (isError(thrown) ? safeText(thrown, "message") : undefined) ?? safeInspect(thrown, { depth: 0 });
}

/** The first line of what is said of something thrown: "TypeError: no". */
export function headlineOf(thrown: unknown): string {
  const name = isError(thrown) ? safeText(thrown, "name") : undefined;
  return name ? `${name}: ${messageOf(thrown)}` : messageOf(thrown);
}

/** The part of `node:assert/strict` that the platform's contract needs, for a page. */

type Expected = RegExp | ((error: unknown) => boolean) | Readonly<Record<string, unknown>>;

const failed = (message: string) => new Error(message);
const words = (value: unknown) =>
  JSON.stringify(value, (_, inner) => (ArrayBuffer.isView(inner) ? [...(inner as Uint8Array)] : inner)) ??
  String(value);

function alike(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const [keysOfA, keysOfB] = [Object.keys(a), Object.keys(b)];
  const [fieldsOfA, fieldsOfB] = [a, b] as Record<string, unknown>[];
  return keysOfA.length === keysOfB.length && keysOfA.every((key) => key in b && alike(fieldsOfA[key], fieldsOfB[key]));
}

export const assert = {
  ok(value: unknown, message = `${words(value)} is not true`): asserts value {
    if (!value) throw failed(message);
  },
  equal(actual: unknown, expected: unknown, message = ""): void {
    if (!Object.is(actual, expected)) throw failed(`${message} ${words(actual)} is not ${words(expected)}`);
  },
  deepEqual(actual: unknown, expected: unknown, message = ""): void {
    if (!alike(actual, expected)) throw failed(`${message} ${words(actual)} is not ${words(expected)}`);
  },
  match(text: string, pattern: RegExp): void {
    if (!pattern.test(text)) throw failed(`'${text}' does not match ${pattern}`);
  },
  async rejects(promise: Promise<unknown>, expected: Expected): Promise<void> {
    const error = await promise.then(
      () => {
        throw failed("nothing was thrown");
      },
      (reason: unknown) => reason,
    );
    if (expected instanceof RegExp) return assert.match(String(error), expected);
    if (typeof expected === "function") return assert.ok(expected(error));
    for (const [key, value] of Object.entries(expected)) {
      const actual = (error as Record<string, unknown>)[key];
      if (value instanceof RegExp) assert.match(String(actual), value);
      else assert.deepEqual(actual, value, `${key} of ${String(error)}:`);
    }
  },
};

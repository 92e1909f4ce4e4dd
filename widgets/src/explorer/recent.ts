/** What was asked for last, up to so many; what has not been asked for the longest is forgotten. */
export class Recent<Key, Value> {
  readonly #values = new Map<Key, Value>();

  constructor(
    readonly most: number,
    /** Told of what is forgotten. */
    readonly onforget: (value: Value) => void = () => {},
  ) {}

  get(key: Key): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.most) return;
    const [[oldest, forgotten]] = this.#values;
    this.#values.delete(oldest);
    this.onforget(forgotten);
  }

  clear(): void {
    for (const value of this.#values.values()) this.onforget(value);
    this.#values.clear();
  }
}

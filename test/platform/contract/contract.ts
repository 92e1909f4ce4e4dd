/** What every platform does alike, sentence by sentence. The same code runs in Node and in a page. */
export type Contract = Readonly<Record<string, () => Promise<void>>>;

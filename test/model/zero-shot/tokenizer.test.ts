import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { files } from "#platform/files";
import { readTokenizer } from "../../../src/model/zero-shot/tokenizer.js";
import { fixture } from "../../support/fixtures.js";
import { temporaryFolder } from "../../support/models.js";

const ANY = 10_000;

type Answers = Readonly<Record<"clip" | "siglip" | "wordpiece", readonly number[][]>> & { readonly texts: string[] };
const answers: Answers = JSON.parse(await readFile(fixture("zero-shot/tokens.json"), "utf8"));

/** A file of a changed tokenizer.json. */
async function changed(change: (json: Record<string, unknown>) => unknown): Promise<string> {
  const path = join(temporaryFolder(), "tokenizer.json");
  const json = JSON.parse(await readFile(fixture("zero-shot/clip/tokenizer.json"), "utf8"));
  await writeFile(path, JSON.stringify(change(json)));
  return path;
}

describe("tokens are those of Hugging Face's tokenizers, of ordinary and of hostile texts", () => {
  for (const name of ["clip", "siglip", "wordpiece"] as const) {
    it(name, async () => {
      const tokenizer = await readTokenizer(fixture(`zero-shot/${name}/tokenizer.json`));
      const wrong = answers.texts.flatMap((text, i) => {
        const { ids } = tokenizer.encode(text, ANY);
        return String(ids) === String(answers[name][i]) ? [] : [{ text, ids, expected: answers[name][i] }];
      });
      assert.deepEqual(wrong, []);
    });
  }
});

it("tokenizer_config.json is found where files cannot be looked for at once, as in a page", async (test) => {
  test.mock.method(files, "existsSync", () => false);
  const { longest } = await readTokenizer(fixture("zero-shot/clip/tokenizer.json"));
  assert.equal(longest, 16);
});

it("a text that is too long keeps its beginning and the token at its end", async () => {
  const tokenizer = await readTokenizer(fixture("zero-shot/clip/tokenizer.json"));
  const whole = tokenizer.encode("the boat and the house", ANY);
  const { ids, cut } = tokenizer.encode("the boat and the house", 5);
  assert.equal(whole.cut, false);
  assert.equal(cut, true);
  assert.deepEqual(ids, [...whole.ids.slice(0, 4), whole.ids.at(-1)]);
  assert.equal(tokenizer.longest, 16);
});

it("a text of a million characters is cut before it is read", async () => {
  const tokenizer = await readTokenizer(fixture("zero-shot/clip/tokenizer.json"));
  const { ids, cut } = tokenizer.encode("x".repeat(1_000_000), 16);
  assert.equal(ids.length, 16);
  assert.equal(cut, true);
});

describe("a tokenizer that cannot be used is refused by name", () => {
  it("of another kind", async () => {
    const path = await changed((json) => ({ ...json, model: { type: "WordLevel", vocab: { a: 0 }, unk_token: "a" } }));
    await assert.rejects(readTokenizer(path), { code: "not-supported", received: "WordLevel", message: /WordLevel/ });
  });
  it("without a vocabulary, as vocab.json", async () => {
    await assert.rejects(readTokenizer(await changed(() => ({ a: 0, b: 1 }))), {
      code: "bad-data",
      message: /no vocabulary/,
    });
  });
  it("with a step that nobody knows", async () => {
    const path = await changed((json) => ({ ...json, pre_tokenizer: { type: "Sorcery" } }));
    await assert.rejects(readTokenizer(path), { code: "not-supported", received: /Sorcery/ });
  });
  it("not JSON, a list, or missing", async () => {
    const text = join(temporaryFolder(), "tokenizer.json");
    await writeFile(text, "{");
    await assert.rejects(readTokenizer(text), { code: "bad-data", message: /not JSON/ });
    await assert.rejects(readTokenizer(await changed(() => [])), { code: "bad-data", message: /an empty list/ });
    await assert.rejects(readTokenizer("no/tokenizer.json"), { code: "file-not-found" });
  });
});

import type { Tokenizer as WordTokenizer } from "@huggingface/tokenizers";
import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import { kindOf } from "../../core/kind-of.js";
import { addressOf } from "../../platform/addresses.js";
import { readText } from "../read-file.js";

/** A text as the text encoder reads it. */
export interface Tokens {
  readonly ids: readonly number[];
  /** Whether its end was left out. */
  readonly cut: boolean;
}

export interface Tokenizer {
  /** Tokens that an encoder was trained for at most, where the files say so. */
  readonly longest?: number;
  /** The token that fills a text up; 0 where the files name none. */
  readonly padding: number;
  /** @param longest tokens at most, those that mark beginning and end included */
  encode(text: string, longest: number): Tokens;
}

const KINDS = ["BPE", "WordPiece", "Unigram"];
const LARGEST_FILE = 64 * 2 ** 20;
/** A text is cut here before it becomes tokens, as no encoder reads as many. */
const MOST_CHARACTERS = 4096;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a `tokenizer.json` of Hugging Face's tokenizers, and `tokenizer_config.json` beside it where there is one.
 * @throws SightlineError `file-not-found`, `bad-data`, `not-supported` for a kind that is not known
 */
export async function readTokenizer(source: string | URL): Promise<Tokenizer> {
  const { path = String(source) } = addressOf(source, "the tokenizer", []);
  const json = await readJson(path, `the tokenizer '${path}'`);
  const config = files.join(files.dirname(path), "tokenizer_config.json");
  const facts = (await files.stat(config)) ? await readJson(config, `'${config}'`) : {};
  const kind = kindOfModel(json, path);
  const { Tokenizer: Words } = await import("@huggingface/tokenizers");
  let words: WordTokenizer;
  try {
    words = new Words({ ...json, normalizer: plainSigma(json.normalizer) }, {});
  } catch (cause) {
    throw new SightlineError("not-supported", `the tokenizer '${path}' (${kind}) cannot be used`, {
      received: cause instanceof Error ? cause.message : String(cause),
      expected: "a tokenizer.json as Hugging Face's tokenizers write it",
      cause,
    });
  }
  return new FileTokenizer(words, json, facts);
}

class FileTokenizer implements Tokenizer {
  readonly longest?: number;
  readonly padding: number;
  readonly #words: WordTokenizer;
  /** The tokens before and behind every text. */
  readonly #before: readonly number[];
  readonly #behind: readonly number[];

  constructor(words: WordTokenizer, json: Json, facts: Json) {
    this.#words = words;
    this.longest = lengthOf((json.truncation as Json | null)?.max_length) ?? lengthOf(facts.model_max_length);
    this.padding = paddingOf(words, json, facts);
    const bare = this.#ids("a", false);
    const whole = this.#ids("a", true);
    const at = whole.findIndex((_, i) => bare.every((id, k) => whole[i + k] === id));
    this.#before = whole.slice(0, Math.max(at, 0));
    this.#behind = whole.slice(this.#before.length + bare.length);
  }

  encode(text: string, longest: number): Tokens {
    const ids = this.#ids(text.slice(0, MOST_CHARACTERS), false);
    const room = Math.max(0, longest - this.#before.length - this.#behind.length);
    const cut = ids.length > room || text.length > MOST_CHARACTERS;
    return { ids: [...this.#before, ...ids.slice(0, room), ...this.#behind], cut };
  }

  #ids(text: string, special: boolean): number[] {
    return this.#words.encode(text, { add_special_tokens: special }).ids;
  }
}

async function readJson(path: string, what: string): Promise<Json> {
  const text = await readText(path, { what, code: "bad-data", received: path, atMost: LARGEST_FILE });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SightlineError("bad-data", `${what} is not JSON`, { received: path, cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new SightlineError("bad-data", `${what} holds ${kindOf(value)}`, { received: path, expected: "a JSON object" });
}

/** @throws SightlineError `not-supported`, `bad-data` */
function kindOfModel(json: Json, path: string): string {
  const model = json.model as Json | undefined | null;
  if (typeof model !== "object" || model === null || typeof model.vocab !== "object" || model.vocab === null) {
    throw new SightlineError("bad-data", `'${path}' has no vocabulary`, {
      received: path,
      expected: "a tokenizer.json as Hugging Face's tokenizers write it",
      next: "vocab.json and merges.txt become one with AutoTokenizer.from_pretrained(folder).save_pretrained(folder)",
    });
  }
  // files of old have no type where the model is BPE
  const kind = model.type ?? ("merges" in model ? "BPE" : undefined);
  if (KINDS.includes(String(kind))) return String(kind);
  throw new SightlineError("not-supported", `the tokenizer '${path}' is of the kind '${kind}'`, {
    received: kind,
    expected: `one of ${KINDS.join(", ")}`,
  });
}

/** Hugging Face's tokenizers write every Σ in small letters as σ; JavaScript writes ς at the end of a word. */
function plainSigma(normalizer: unknown): unknown {
  const step = normalizer as { type?: unknown; normalizers?: unknown; lowercase?: unknown } | null | undefined;
  if (step?.type === "Sequence" && Array.isArray(step.normalizers)) {
    return { ...step, normalizers: step.normalizers.map(plainSigma) };
  }
  if (step?.type !== "Lowercase" && !(step?.type === "BertNormalizer" && step.lowercase)) return normalizer;
  const sigma = { type: "Replace", pattern: { String: "Σ" }, content: "σ" };
  return { type: "Sequence", normalizers: [sigma, step] };
}

/** A number of tokens; what is meant as "no limit" is none. */
function lengthOf(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 20
    ? (value as number)
    : undefined;
}

function paddingOf(words: WordTokenizer, json: Json, facts: Json): number {
  const told = (json.padding as Json | null)?.pad_id;
  if (typeof told === "number") return told;
  const token = (facts.pad_token as Json | null)?.content ?? facts.pad_token;
  return (typeof token === "string" ? words.token_to_id(token) : undefined) ?? 0;
}

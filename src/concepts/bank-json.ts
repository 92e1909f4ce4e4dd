import { arrayFromBase64, arrayToBase64 } from "../core/bytes.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import * as z from "../core/zod.js";
import type { Concept, ConceptBankFacts, ConceptCrop } from "./bank-facts.js";

/** A {@link ConceptBank} as plain data: arrays are base64 of their little-endian bytes. */
export interface ConceptBankJson extends Omit<ConceptBankFacts, "concepts"> {
  readonly format: "sightline-concepts";
  readonly formatVersion: 1;
  readonly concepts: readonly ConceptJson[];
}

/** A {@link Concept} as plain data. */
export interface ConceptJson extends Omit<Concept, "direction" | "crops"> {
  readonly direction: string;
  readonly crops: readonly (Omit<ConceptCrop, "image"> & {
    readonly image: { readonly data: string; readonly width: number; readonly height: number };
  })[];
}

const index = z.number().int().min(0);
const side = z.number().int().min(1).max(100_000);
const controlled = z.object({ value: z.number(), control: z.number() });
const crop = z.object({
  picture: index,
  name: z.string(),
  strength: z.number(),
  rect: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  image: z.object({ data: z.base64(), width: side, height: side }),
});
const bankJson = z.object({
  format: z.literal("sightline-concepts"),
  formatVersion: z.literal(1),
  model: z.object({ name: z.string(), sha256: z.string() }),
  layer: z.string(),
  target: z.object({ index, label: z.string() }),
  concepts: z
    .array(
      z.object({
        name: z.string().min(1),
        direction: z.base64(),
        sobol: controlled,
        ablation: controlled,
        flips: controlled,
        stability: controlled,
        crops: z.array(crop).max(10),
      }),
    )
    .min(1)
    .max(100),
  completeness: z.object({ answers: controlled, logit: controlled, activations: controlled }),
  pictures: index,
  crops: index,
  crop: z.number().min(0).max(1),
  enlarge: z.boolean(),
  seed: z.number(),
  within: z.object({ layer: z.string(), concept: z.string() }).optional(),
  failures: z.array(z.object({ picture: index, code: z.string(), message: z.string() })),
  notes: z.array(z.string()),
});

export function encodeBank(bank: ConceptBankFacts): ConceptBankJson {
  const { concepts, ...facts } = bank;
  return {
    ...facts,
    format: "sightline-concepts",
    formatVersion: 1,
    concepts: concepts.map((concept) => ({
      ...concept,
      direction: arrayToBase64(concept.direction),
      crops: concept.crops.map((one) => ({ ...one, image: { ...one.image, data: arrayToBase64(one.image.data) } })),
    })),
  };
}

/** @throws SightlineError `bad-data` */
export function decodeBank(value: unknown): ConceptBankFacts {
  const parsed = bankJson.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw notSaved(value, `${path.join(".")}: ${message}`);
  }
  const { format: _, formatVersion: __, concepts, ...facts } = parsed.data;
  return {
    ...facts,
    failures: facts.failures as ConceptBankFacts["failures"],
    concepts: concepts.map((concept) => ({
      ...concept,
      direction: directionOf(value, concept.direction),
      crops: concept.crops.map((one) => ({ ...one, image: pixelsOf(value, one.image) })),
    })),
  };
}

function directionOf(value: unknown, text: string): Float32Array {
  const direction = arrayFromBase64(text, Float32Array);
  if (direction?.every(Number.isFinite)) return direction;
  throw notSaved(value, "a direction is not made of finite numbers");
}

function pixelsOf(value: unknown, { data: text, width, height }: { data: string; width: number; height: number }) {
  const data = arrayFromBase64(text, Uint8Array);
  if (data?.length === 3 * width * height) return { data, width, height };
  throw notSaved(value, "a crop's pixels do not fill its width and height");
}

function notSaved(value: unknown, damage: string): SightlineError {
  const format = (value as { format?: unknown } | null)?.format;
  const isOne = typeof value === "object" && format === "sightline-concepts";
  return new SightlineError(
    "bad-data",
    isOne ? `the saved concepts are damaged: ${damage}` : `not saved concepts: ${kindOf(value)}`,
    {
      received: value,
      expected: "what ConceptBank.toJSON() gives",
      next: typeof value === "string" ? "pass JSON.parse(text)" : "save them again with JSON.stringify(bank)",
    },
  );
}

import { arrayFromBase64, arrayToBase64 } from "../core/bytes.js";
import { SightlineError } from "../core/errors.js";
import { kindOf } from "../core/kind-of.js";
import type { Rect } from "../core/raw-image.js";
import * as z from "../core/zod.js";
import type { ExplainedTarget, ExplanationParts } from "./parts.js";
import { SaliencyMap } from "./saliency-map.js";

/** A picture or a map as plain data: its rows from the top, base64 of their little-endian bytes. */
export interface RasterJson {
  data: string;
  width: number;
  height: number;
}

/** A prediction or a target as plain data. */
export interface PredictionJson {
  index: number;
  label: string;
  probability: number;
  box?: [number, number, number, number];
  within?: { label: string; region: { mask: string; width: number; height: number }; answer: boolean };
}

/** An explanation as plain data: arrays are base64 of their little-endian bytes. */
export interface ExplanationJson {
  format: "sightline-explanation";
  formatVersion: 1;
  image: { name: string; pixels: RasterJson; view: { x: number; y: number; width: number; height: number } };
  prediction: PredictionJson;
  predictions: PredictionJson[];
  targets: PredictionJson[];
  maps: (RasterJson & { signed: boolean; regions?: string; uncertainty?: string })[];
  exhibits: (RasterJson & { kind: "image" | "signed" | "unsigned"; title: string; target?: number })[];
  defaults: { type: "outlines" | "pixels"; config?: Record<string, unknown> };
  provenance: {
    model: { name: string; sha256: string };
    method: string;
    options: Record<string, unknown>;
    seed: number;
    score: "logit" | "none" | "probability";
    forwardPasses: number;
    backwardPasses: number;
    milliseconds: number;
    notes: string[];
    version: string;
    runtime?: { edition: "browser" | "node"; engine: string; device: string; threads: number };
  };
}

const size = z.number().int().min(1).max(100_000);
const base64 = z.base64();
const prediction = z.object({
  index: z.number().int(),
  label: z.string(),
  probability: z.number(),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  within: z
    .object({
      label: z.string(),
      region: z.object({ mask: base64, width: size, height: size }),
      answer: z.boolean(),
    })
    .optional(),
});
const rect = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });
const raster = { data: base64, width: size, height: size };

const explanationJson: z.ZodType<ExplanationJson> = z.object({
  format: z.literal("sightline-explanation"),
  formatVersion: z.literal(1),
  image: z.object({ name: z.string(), pixels: z.object(raster), view: rect }),
  prediction,
  predictions: z.array(prediction),
  targets: z.array(prediction).min(1),
  maps: z.array(
    z.object({ ...raster, signed: z.boolean(), regions: base64.optional(), uncertainty: base64.optional() }),
  ),
  exhibits: z.array(
    z.object({
      ...raster,
      kind: z.enum(["image", "signed", "unsigned"]),
      title: z.string(),
      target: z.number().int().optional(),
    }),
  ),
  defaults: z.object({ type: z.enum(["outlines", "pixels"]), config: z.record(z.string(), z.unknown()).optional() }),
  provenance: z.object({
    model: z.object({ name: z.string(), sha256: z.string() }),
    method: z.string(),
    options: z.record(z.string(), z.unknown()),
    seed: z.number(),
    score: z.enum(["logit", "probability", "none"]),
    forwardPasses: z.number(),
    backwardPasses: z.number(),
    milliseconds: z.number(),
    notes: z.array(z.string()),
    version: z.string(),
    runtime: z
      .object({ edition: z.enum(["node", "browser"]), engine: z.string(), device: z.string(), threads: z.number() })
      .optional(),
  }),
});

export function encodeExplanation(parts: ExplanationParts): ExplanationJson {
  const { pixels } = parts.image;
  return {
    format: "sightline-explanation",
    formatVersion: 1,
    image: { ...parts.image, pixels: { ...pixels, data: arrayToBase64(pixels.data) } },
    prediction: plain(parts.prediction),
    predictions: parts.predictions.map(plain),
    targets: parts.targets.map(plain),
    maps: parts.maps.map(({ data, width, height, signed, regions, uncertainty }) => ({
      data: arrayToBase64(data),
      width,
      height,
      signed,
      regions: regions && arrayToBase64(regions),
      uncertainty: uncertainty && arrayToBase64(uncertainty),
    })),
    exhibits: (parts.artifacts ?? []).map((artifact) => ({ ...artifact, data: arrayToBase64(artifact.data) })),
    defaults: { type: parts.defaults.type, config: parts.defaults.config && { ...parts.defaults.config } },
    provenance: {
      ...parts.provenance,
      options: JSON.parse(JSON.stringify(parts.provenance.options)),
      notes: [...parts.provenance.notes],
      runtime: parts.provenance.runtime && { ...parts.provenance.runtime },
    },
  };
}

function plain({ box, within, ...rest }: ExplainedTarget): PredictionJson {
  return {
    ...rest,
    ...(box && { box: [...box] }),
    ...(within && { within: { ...within, region: { ...within.region, mask: arrayToBase64(within.region.mask) } } }),
  };
}

function targetOf({ within, ...rest }: PredictionJson): ExplainedTarget {
  if (!within) return rest;
  const { mask, width, height } = within.region;
  const cells = decode(mask, Uint8Array, width * height);
  if (cells.some((cell) => cell > 1)) damaged("a region has cells other than 0 and 1");
  return { ...rest, within: { ...within, region: { mask: cells, width, height } } };
}

/** @throws SightlineError `bad-explanation` */
export function decodeExplanation(value: unknown): ExplanationParts {
  const parsed = explanationJson.safeParse(value);
  if (!parsed.success) {
    throw notSaved(value, parsed.error.issues[0]);
  }
  const { image, maps, exhibits, ...rest } = parsed.data;
  if (maps.length !== rest.targets.length) damaged(`${maps.length} maps for ${rest.targets.length} targets`);
  checkView(image.view, image.pixels);
  const cells = ({ width, height }: { width: number; height: number }) => width * height;
  return {
    ...rest,
    prediction: targetOf(rest.prediction),
    predictions: rest.predictions.map(targetOf),
    targets: rest.targets.map(targetOf),
    image: {
      ...image,
      pixels: { ...image.pixels, data: decode(image.pixels.data, Uint8Array, cells(image.pixels) * 3) },
    },
    maps: maps.map(
      (map) =>
        new SaliencyMap({
          ...map,
          data: decode(map.data, Float32Array, cells(map)),
          regions: map.regions === undefined ? undefined : decodeRegions(map.regions, cells(map)),
          uncertainty: map.uncertainty === undefined ? undefined : decode(map.uncertainty, Float32Array, cells(map)),
        }),
    ),
    artifacts: exhibits.map((artifact) => ({
      ...artifact,
      data: decode(artifact.data, Float32Array, cells(artifact) * (artifact.kind === "image" ? 3 : 1)),
    })),
  };
}

/** Where reading came to nothing: what came altogether, or the first place of a saved explanation that is not as it was written. */
function notSaved(value: unknown, { path, message }: z.ZodError["issues"][number]): SightlineError {
  const { format, formatVersion } = (value ?? {}) as Partial<Record<keyof ExplanationJson, unknown>>;
  if (format !== "sightline-explanation") {
    return new SightlineError("bad-explanation", `not a saved explanation: ${kindOf(value)}`, {
      received: value,
      expected: "what Explanation.toJSON() gives",
      next: typeof value === "string" ? "pass JSON.parse(text)" : "save one with JSON.stringify(explanation)",
    });
  }
  if (formatVersion !== 1) {
    return new SightlineError("bad-explanation", `the saved explanation has format version ${String(formatVersion)}`, {
      received: formatVersion,
      expected: "format version 1",
      next: "read it with the version of Sightline that wrote it",
    });
  }
  const place = path.reduce<string>(
    (text, key) => text + (typeof key === "number" ? `[${key}]` : `.${String(key)}`),
    "",
  );
  return damage(`${place.slice(1)}: ${message.replace(/^Invalid input: /, "")}`);
}

/** The least side of a view, in pixels, and the greatest, in longer sides of the picture. */
const LEAST_VIEW = 0.25;
const GREATEST_VIEW = 100;

/** A view has some size, not beyond reason, and something of the picture in it. */
function checkView({ x, y, width, height }: Rect, picture: { width: number; height: number }): void {
  const greatest = GREATEST_VIEW * Math.max(picture.width, picture.height);
  const sides = [width, height].every((side) => side >= LEAST_VIEW && side <= greatest);
  if (sides && x < picture.width && y < picture.height && x + width > 0 && y + height > 0) return;
  damaged(
    `its view (${x}, ${y}, ${width} × ${height}) is no part of a picture of ${picture.width} × ${picture.height}`,
  );
}

function decodeRegions(text: string, cells: number): Int32Array {
  const regions = decode(text, Int32Array, cells);
  if (regions.some((region) => region < 0 || region >= cells)) damaged(`segments are not numbered 0 … ${cells - 1}`);
  return regions;
}

function damaged(what: string): never {
  throw damage(what);
}

const damage = (what: string) =>
  new SightlineError("bad-explanation", `the saved explanation is damaged: ${what}`, { next: "save it again" });

function decode<T extends Uint8Array | Float32Array | Int32Array>(
  text: string,
  ArrayOf: { new (buffer: ArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
): T {
  const array = arrayFromBase64(text, ArrayOf);
  if (array?.length === length) return array;
  return damaged(`an array is not of the ${length * ArrayOf.BYTES_PER_ELEMENT} bytes that were expected`);
}

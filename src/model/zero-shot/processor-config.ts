import { SightlineError } from "../../core/errors.js";
import { addressOf } from "../../platform/addresses.js";
import { checkPreprocess, type PreprocessData } from "../preprocess.js";
import { readText } from "../read-file.js";

type Json = Readonly<Record<string, unknown>>;

/** Pillow's numbers of its kernels. */
const KERNELS = ["nearest", "lanczos", "bilinear", "bicubic"] as const;

/**
 * What a `preprocessor_config.json` of Hugging Face's transformers says of how pictures are prepared.
 * @throws SightlineError `file-not-found`, `bad-config`
 */
export async function readProcessorConfig(source: string | URL): Promise<PreprocessData> {
  const { path = String(source) } = addressOf(source, "the preprocessor", []);
  const what = `the preprocessor '${path}'`;
  const text = await readText(path, { what, code: "bad-config", received: path, atMost: 2 ** 20 });
  let config: Json;
  try {
    config = JSON.parse(text) as Json;
  } catch (cause) {
    throw new SightlineError("bad-config", `${what} is not JSON`, { received: path, cause });
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new SightlineError("bad-config", `${what} is no object`, { received: path, expected: "a JSON object" });
  }
  return checkPreprocess(preprocessOf(config, what));
}

function preprocessOf(config: Json, what: string): PreprocessData {
  const resized = config.do_resize === false ? undefined : sizeOf(config.size, config.do_center_crop === true, what);
  const cropped = config.do_center_crop === true ? sizeOf(config.crop_size ?? config.size, false, what) : undefined;
  const size = cropped ?? resized;
  const shortest = typeof resized === "object" && "shortest" in resized ? resized.shortest : undefined;
  const kernel = KERNELS[config.resample === undefined ? 2 : Number(config.resample)];
  if (!kernel) {
    throw new SightlineError("bad-config", `${what} has resample ${config.resample}`, {
      received: config.resample,
      expected: "0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)",
    });
  }
  return {
    ...(size && { size: "shortest" in size ? size.shortest : [size.height, size.width] }),
    ...(shortest !== undefined
      ? { resize: `shortest-${shortest}` as const, crop: "center" as const }
      : cropped && resized && "height" in resized
        ? { resize: { squash: [resized.height, resized.width] as const }, crop: "center" as const }
        : {}),
    interpolation: kernel,
    scale: config.do_rescale === false ? 1 : ((config.rescale_factor as number | undefined) ?? 1 / 255),
    ...(config.do_normalize !== false && {
      mean: config.image_mean as number[] | undefined,
      std: config.image_std as number[] | undefined,
    }),
  };
}

type Sides = { readonly shortest: number } | { readonly height: number; readonly width: number };

/**
 * A size as transformers writes it: a number, { shortest_edge }, or { height, width }.
 * @param shortest whether a number is the short side's, as where the middle is cut out afterwards
 */
function sizeOf(value: unknown, shortest: boolean, what: string): Sides | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return shortest ? { shortest: value } : { height: value, width: value };
  const { shortest_edge, height, width } = value as Json;
  if (typeof shortest_edge === "number") return { shortest: shortest_edge };
  if (typeof height === "number" && typeof width === "number") return { height, width };
  throw new SightlineError("bad-config", `${what} has a size that is not known`, {
    received: value,
    expected: "a number, { shortest_edge } or { height, width }",
  });
}

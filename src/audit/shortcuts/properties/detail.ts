import { pictures } from "#platform/pictures";
import { decodeImage } from "../../../image/decode.js";
import type { RawImage } from "../../../image/types.js";
import { gaussianBlur } from "../../../perturb/blur.js";
import { pixelColumns } from "../../pictures/pixel-columns.js";
import { lumaAt, type Property } from "./property.js";
import type { View } from "./view.js";

const SIGMAS = [0.5, 0.75, 1, 1.5, 2, 3];
const LEAST = 1e-4;

const sharpnessOf = (image: RawImage) => Math.log(LEAST + (pixelColumns(image).sharpness ?? 0));

/** Sharpness as audits measure it; less of it is given by a Gaussian blur. */
export const blur: Property = {
  name: "blur",
  measure: ({ seen }) => [sharpnessOf(seen)],
  edit({ seen }, donor) {
    const wanted = sharpnessOf(donor.seen);
    if (sharpnessOf(seen) <= wanted) return undefined;
    const tried = SIGMAS.map((sigma) => blurred(seen, sigma));
    const far = tried.map((image) => Math.abs(sharpnessOf(image) - wanted));
    return Uint8ClampedArray.from(tried[far.indexOf(Math.min(...far))].data);
  },
};

function blurred({ data, width, height }: RawImage, sigma: number): RawImage {
  const out = new Uint8ClampedArray(data.length);
  for (let c = 0; c < 3; c++) {
    const plane = Float32Array.from({ length: width * height }, (_, i) => data[3 * i + c]);
    const soft = gaussianBlur(plane, width, height, sigma);
    for (let i = 0; i < soft.length; i++) out[3 * i + c] = soft[i];
  }
  return { data: out, width, height };
}

const QUALITIES = [5, 10, 20, 35, 50, 70];

/** How strong the edges of blocks of 8 × 8 are in the picture as it was stored; re-encoding gives more of them. */
export const jpegQuality: Property = {
  name: "JPEG quality",
  measure: ({ prepared }) => [blockiness(prepared.picture.image)],
  async edit({ prepared }, donor, { seenOf }) {
    const { image } = prepared.picture;
    const wanted = blockiness(donor.prepared.picture.image);
    if (blockiness(image) >= wanted) return undefined;
    const tried = await Promise.all(QUALITIES.map((quality) => encodedAgain(image, quality)));
    const far = tried.map((one) => Math.abs(blockiness(one) - wanted));
    return seenOf(tried[far.indexOf(Math.min(...far))]);
  },
};

async function encodedAgain(image: RawImage, quality: number): Promise<RawImage> {
  return (await decodeImage(await pictures.encode(image, { format: "jpeg", quality }))).image;
}

const BLOCK = 8;

/** Logarithm of the mean step across edges of JPEG's blocks over that inside of them. */
function blockiness({ data, width, height }: RawImage): number {
  const sums = { edge: LEAST, inside: LEAST };
  const counts = { edge: LEAST, inside: LEAST };
  const count = (step: number, at: number) => {
    const where = (at + 1) % BLOCK === 0 ? "edge" : "inside";
    sums[where] += Math.abs(step);
    counts[where] += 1;
  };
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const here = lumaAt(data, y * width + x);
      count(lumaAt(data, y * width + x + 1) - here, x);
      count(lumaAt(data, (y + 1) * width + x) - here, y);
    }
  }
  return Math.log(sums.edge / counts.edge / (sums.inside / counts.inside));
}

/** How many pixels the file has; fewer are given by scaling the picture down. */
export const size: Property = {
  name: "size",
  measure: ({ prepared }) => [Math.log(pixelsOf(prepared.picture.image))],
  async edit({ prepared }, donor, { seenOf }) {
    const { image } = prepared.picture;
    const scale = Math.sqrt(pixelsOf(donor.prepared.picture.image) / pixelsOf(image));
    if (scale >= 1) return undefined;
    const [width, height] = [Math.ceil(image.width * scale), Math.ceil(image.height * scale)];
    const { data } = await pictures.resize(image, { width, height, fit: "fill" });
    return seenOf({ data, width, height });
  },
};

const pixelsOf = ({ width, height }: View["seen"]) => width * height;

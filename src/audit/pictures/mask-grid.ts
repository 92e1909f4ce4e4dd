import { decodeImage } from "../../image/decode.js";
import type { PreparedImage, RawImage } from "../../image/types.js";
import { EVIDENCE_GRID } from "./evidence-grid.js";
import { isPictureError } from "./picture-error.js";

/** A mask picture, cut to the model's view, on the grid of evidence; a note says what is wrong with it. */
export async function maskGrid(
  file: string,
  { view, picture: { image: pixels } }: PreparedImage,
): Promise<{ cells?: Uint8Array; note?: string }> {
  let mask: RawImage;
  try {
    ({ image: mask } = await decodeImage(file, { background: "black" }));
  } catch (error) {
    if (isPictureError(error)) return { note: `the mask could not be read: ${error.code}: ${error.message}` };
    throw error;
  }
  const cells = Uint8Array.from({ length: EVIDENCE_GRID * EVIDENCE_GRID }, (_, i) => {
    const x = (view.x + (((i % EVIDENCE_GRID) + 0.5) / EVIDENCE_GRID) * view.width) / pixels.width;
    const y = (view.y + ((Math.floor(i / EVIDENCE_GRID) + 0.5) / EVIDENCE_GRID) * view.height) / pixels.height;
    const column = Math.min(mask.width - 1, Math.floor(x * mask.width));
    const row = Math.min(mask.height - 1, Math.floor(y * mask.height));
    return mask.data[(row * mask.width + column) * 3] >= 128 ? 1 : 0;
  });
  return { cells };
}

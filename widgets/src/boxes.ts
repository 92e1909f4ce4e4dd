import type { PanelBox } from "../../src/render/boxes.js";

/** Draws boxes as figures have them: light on dark, the explained one whole with its name, the others dashed. */
export function drawBoxes(
  context: CanvasRenderingContext2D,
  boxes: readonly PanelBox[],
  { across, down, pixel }: { across: number; down: number; pixel: number },
): void {
  for (const { left, top, right, bottom, name } of boxes) {
    const line = (name === undefined ? 2 : 4) * pixel;
    const corners = [left * across, top * down, (right - left) * across, (bottom - top) * down] as const;
    context.setLineDash(name === undefined ? [5 * pixel, 4 * pixel] : []);
    for (const [colour, width] of [
      ["#1a1a1a", line + 2 * pixel],
      ["#fff", line],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect(...corners);
    }
    if (name === undefined) continue;
    context.font = `600 ${12 * pixel}px sans-serif`;
    const [wide, tall] = [context.measureText(name).width + 8 * pixel, 18 * pixel];
    const y = corners[1] >= tall ? corners[1] - tall : corners[1];
    context.fillStyle = "#1a1a1a";
    context.fillRect(corners[0], y, wide, tall);
    context.fillStyle = "#fff";
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(name, corners[0] + 4 * pixel, y + tall / 2);
  }
  context.setLineDash([]);
}

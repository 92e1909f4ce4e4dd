/** A part of a grid: 1 inside and 0 outside, rows from the top left. */
interface GridRegion {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Where a region is drawn: the picture's size, and a pixel of the page in the same unit. */
interface Surface {
  readonly pixel: number;
  readonly width: number;
  readonly height: number;
}

/** What an outline looks like. */
export interface OutlineLook {
  readonly colour?: string;
  /** Drawn at the region's upper left corner. */
  readonly text?: string;
}

/** Draws a region's edge, light on dark, so that it is seen on any picture. */
export function outlineRegion(
  context: CanvasRenderingContext2D,
  { data, width, height }: GridRegion,
  surface: Surface,
  { colour = "#ffd400", text }: OutlineLook = {},
): void {
  const [across, down] = [surface.width / width, surface.height / height];
  const edge = new Path2D();
  const line = (x0: number, y0: number, x1: number, y1: number) => {
    edge.moveTo(x0 * across, y0 * down);
    edge.lineTo(x1 * across, y1 * down);
  };
  const has = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
  let corner: readonly [number, number] | undefined;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!has(x, y)) continue;
      corner ??= [x * across, y * down];
      if (!has(x, y - 1)) line(x, y, x + 1, y);
      if (!has(x, y + 1)) line(x, y + 1, x + 1, y + 1);
      if (!has(x - 1, y)) line(x, y, x, y + 1);
      if (!has(x + 1, y)) line(x + 1, y, x + 1, y + 1);
    }
  }
  context.save();
  context.lineCap = "square";
  for (const [stroke, wide] of [
    ["rgba(0, 0, 0, 0.75)", 5],
    [colour, 3],
  ] as const) {
    context.strokeStyle = stroke;
    context.lineWidth = wide * surface.pixel;
    context.stroke(edge);
  }
  if (text && corner) label(context, text, corner, colour, surface.pixel);
  context.restore();
}

function label(
  context: CanvasRenderingContext2D,
  text: string,
  [x, y]: readonly [number, number],
  colour: string,
  pixel: number,
): void {
  context.font = `600 ${14 * pixel}px system-ui, sans-serif`;
  const wide = context.measureText(text).width + 8 * pixel;
  context.fillStyle = "rgba(0, 0, 0, 0.8)";
  context.fillRect(x, y, wide, 20 * pixel);
  context.fillStyle = colour;
  context.textBaseline = "middle";
  context.fillText(text, x + 4 * pixel, y + 10.5 * pixel);
}

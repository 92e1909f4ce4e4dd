import type { ResolvedConfig } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import type { Backdrop } from "../../src/render/panel.js";
import type { WireExplanation, WireMap, WirePanel } from "../../src/widgets/traits/index.js";
import { floatsOf, integersOf, type Received } from "./model.js";
import { decodePicture, toRgb } from "./pictures.js";

/** Pixels or cells a side of anything that is drawn: larger ones are no picture of ours. */
const MOST = 4096;

function checkSize({ width, height }: { readonly width: number; readonly height: number }): void {
  if (![width, height].every((side) => Number.isInteger(side) && side > 0 && side <= MOST)) {
    throw new RangeError(`a picture or map of ${width} × ${height}`);
  }
}

/** An explanation as the browser holds it: pictures decoded, maps as numbers. */
export interface ShownExplanation extends Omit<WireExplanation, "panels" | "maps"> {
  readonly panels: Readonly<Record<ResolvedConfig["extent"], Backdrop>>;
  readonly maps: readonly MapLike[];
}

/** Decodes an explanation that came over the wire. */
export async function readExplanation({ panels, maps, ...rest }: Received<WireExplanation>): Promise<ShownExplanation> {
  if (maps.length === 0 || maps.length !== rest.targets.length || rest.scales.length !== maps.length) {
    throw new RangeError(`${maps.length} maps of ${rest.targets.length} targets`);
  }
  const view = await readPanel(panels.view);
  return {
    ...rest,
    panels: { view, picture: panels.picture ? await readPanel(panels.picture) : view },
    maps: maps.map(readMap),
  };
}

async function readPanel({ picture, view, shown }: Received<WirePanel>): Promise<Backdrop> {
  checkSize(view);
  return { picture: toRgb(await decodePicture(picture)), view, shown };
}

/** Decodes a map that came over the wire. */
export function readMap({ data, width, height, signed, regions, uncertainty }: Received<WireMap>): MapLike {
  const map = {
    data: floatsOf(data),
    width,
    height,
    signed,
    ...(regions !== undefined && { regions: integersOf(regions) }),
    ...(uncertainty !== undefined && { uncertainty: floatsOf(uncertainty) }),
  };
  checkSize(map);
  const cells = width * height;
  if ([map.data, map.regions ?? map.data, map.uncertainty ?? map.data].some(({ length }) => length !== cells)) {
    throw new RangeError(`${map.data.length} values of a map of ${width} × ${height}`);
  }
  return map;
}

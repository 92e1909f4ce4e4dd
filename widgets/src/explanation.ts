import type { ResolvedConfig } from "../../src/render/config.js";
import type { MapLike } from "../../src/render/noise.js";
import type { Backdrop } from "../../src/render/panel.js";
import type { WireExplanation, WireMap, WirePanel } from "../../src/widgets/traits/index.js";
import { floatsOf, integersOf, type Received } from "./model.js";
import { decodePicture, toRgb } from "./pictures.js";

/** An explanation as the browser holds it: pictures decoded, maps as numbers. */
export interface ShownExplanation extends Omit<WireExplanation, "panels" | "maps"> {
  readonly panels: Readonly<Record<ResolvedConfig["extent"], Backdrop>>;
  readonly maps: readonly MapLike[];
}

/** Decodes an explanation that came over the wire. */
export async function readExplanation({ panels, maps, ...rest }: Received<WireExplanation>): Promise<ShownExplanation> {
  const view = await readPanel(panels.view);
  return {
    ...rest,
    panels: { view, picture: panels.picture ? await readPanel(panels.picture) : view },
    maps: maps.map(readMap),
  };
}

async function readPanel({ picture, view, shown }: Received<WirePanel>): Promise<Backdrop> {
  return { picture: toRgb(await decodePicture(picture)), view, shown };
}

/** Decodes a map that came over the wire. */
export function readMap({ data, width, height, signed, regions, uncertainty }: Received<WireMap>): MapLike {
  return {
    data: floatsOf(data),
    width,
    height,
    signed,
    ...(regions !== undefined && { regions: integersOf(regions) }),
    ...(uncertainty !== undefined && { uncertainty: floatsOf(uncertainty) }),
  };
}

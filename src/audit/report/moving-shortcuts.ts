import { pictures } from "#platform/pictures";
import { toBase64 } from "../../core/bytes.js";
import type { RawImage } from "../../core/raw-image.js";
import { percent, plural } from "../../render/format.js";
import type { MovingShortcut } from "../shortcuts/types.js";
import { text } from "./html.js";
import type { Place, SuspectsSection, Thumbnails } from "./thumbnails.js";

const SAMPLES = 6;

/** The classes whose evidence is concentrated and moves, and the pictures that are shown of them. */
export async function movingSection(
  moving: readonly MovingShortcut[],
  places: ReadonlyMap<string, Place>,
): Promise<SuspectsSection> {
  if (moving.length === 0) return { pictures: [], flagged: () => "", html: () => "" };
  const cards = await Promise.all(
    moving.map(async (shortcut) => ({
      shortcut,
      patch: shortcut.patch ? await patchImage(shortcut.patch) : "",
      samples: shortcut.regions.flatMap(({ path, box }) => {
        const place = places.get(path);
        return place ? [{ place, box }] : [];
      }),
    })),
  );
  const html = (of: typeof cards, thumbnails: Thumbnails) =>
    of.map(({ shortcut, patch, samples }) => card(shortcut, patch, samples.slice(0, SAMPLES), thumbnails)).join("\n");
  return {
    pictures: cards.flatMap(({ samples }) => samples.slice(0, SAMPLES).map(({ place }) => place)),
    flagged: (thumbnails) =>
      html(
        cards.filter(({ shortcut }) => shortcut.flagged),
        thumbnails,
      ),
    html: (thumbnails) => `<h3>Evidence in a region of each picture</h3>
<p>Of each class whose pictures have their evidence in one region, whether or not it is elsewhere in each: that region pasted on pictures of other classes, and what the regions have in common. Objects differ, so what they have in common turns no picture into their class; a tag or a logo that looks the same in each does.</p>
${html(cards, thumbnails)}`,
  };
}

interface Sample {
  readonly place: Place;
  readonly box: MovingShortcut["regions"][number]["box"];
}

function card(shortcut: MovingShortcut, patch: string, samples: readonly Sample[], thumbnails: Thumbnails): string {
  const {
    prediction,
    pictures: paths,
    share,
    flips,
    control,
    common,
    commonControl,
    core,
    likeness,
    place,
    flagged,
  } = shortcut;
  const name = text(prediction);
  const mark = flagged ? " · <em>looks like a shortcut</em>" : "";
  const shared =
    common === null
      ? "what the regions have in common was not tested, as so few change"
      : `what the regions have in common turns ${percent(common)} (half of them are alike with a correlation of ${likeness?.toFixed(2)}${place ? ", in the same place" : ""}, in a part that alone turns ${percent(core ?? 0)}; as large a part of other pictures turns ${percent(commonControl ?? 0)})`;
  const shown = samples.map(({ place, box }) => `<span class="w">${thumbnails.html(place)}${outline(box)}</span>`);
  return `<div class="s${flagged ? " f" : ""}"><div class="m">${patch}</div>
<div><strong>${name}</strong> · ${plural(paths.length, "picture")}${mark}<br>${percent(share)} of a picture's evidence lies in its region; pasted on pictures of other classes, the region turns ${percent(flips)} of them into ${name}; regions of other pictures turn ${percent(control)}; ${shared}.</div><div class="r">${shown.join("")}</div></div>`;
}

const outline = ({ x, y, width, height }: Sample["box"]) =>
  `<i style="left:${100 * x}%;top:${100 * y}%;width:${100 * width}%;height:${100 * height}%"></i>`;

async function patchImage({ data, width, height }: RawImage): Promise<string> {
  const png = await pictures.encode({ data, width, height }, { format: "png" });
  return `<img alt="what the regions have in common" src="data:image/png;base64,${toBase64(png)}">`;
}

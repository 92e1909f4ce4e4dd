import type { StickerCounts } from "./traits/index.js";

/** A count as TypeScript that does it again, for a {@link StickerLab} named `lab`. */
export function stickerCode({ label, place, sticker }: Pick<StickerCounts, "label" | "place" | "sticker">): string {
  const { x, y, size } = place;
  return `import { noiseSticker, pasteSticker } from "sightline";
const sticker = lab.stickers[${sticker}];
const place = { x: ${x}, y: ${y}, size: ${size} };
const label = ${JSON.stringify(label)};
for (const [name, model] of Object.entries(lab.models)) {
  const says = async (image) => (await model.predict(image, { top: 1 }))[0].label;
  let [counted, turned, byNoise] = [0, 0, 0];
  for (const [i, image] of (await lab.images()).entries()) {
    if ((await says(image)) === label) continue;
    counted += 1;
    if ((await says(pasteSticker(image, sticker, place))) === label) turned += 1;
    if ((await says(pasteSticker(image, noiseSticker(sticker, i), place))) === label) byNoise += 1;
  }
  console.log(\`\${name}: \${turned} of \${counted} turned to \${label}, by noise \${byNoise}\`);
}`;
}

// The pictures of every method that the gallery's tests keep, for the gallery and for each method's page.
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { fence, plain, prose } from "./markdown.mjs";

const folder = join(root, "test/gallery/methods");

/** Copies the pictures below `target` and gives what pages show of them. */
export async function readGallery(target) {
  const { CASES, COLLECTIONS, entries, webp } = await import(join(root, "dist/test/gallery/methods.js"));
  const facts = JSON.parse(readFileSync(join(folder, "methods.json"), "utf8"));
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(folder))
    if (facts[name]) cpSync(join(folder, name), join(target, name), { recursive: true });
  const method = (name) => {
    const entry = entries.find((one) => one.method === name);
    const { load, pictures } = COLLECTIONS[entry.collection];
    const { code, pictures: known } = facts[name];
    const shown = pictures.map((picture) => {
      const file = webp(entry, picture);
      return { source: `/gallery/${file}`, alt: known[file].alt, caption: CASES[picture.case] };
    });
    const whole = entry.collection === "photographs" ? code : `${load}\n${code}`;
    return [fence("ts", whole), strip(shown), costOf(Object.values(known)), NOTES[entry.collection]]
      .filter(Boolean)
      .join("\n\n");
  };
  return { method, page: (all) => galleryPage(all, method, COLLECTIONS.photographs.load) };
}

/** What a reader must know of models that are not the photographs'. */
const NOTES = {
  embedded: "The maps are those of the method that was built into the file, scaled to 0…255.",
  detector:
    "The photographs' model is a classifier, so these are blobs by a detector of three colours that was written by hand. It knows " +
    "colours alone: a green bar is a blob to it, and magenta is half red, half blue.",
  transformer:
    "The photographs' model is made of convolutions, so these are drawings by `sightline/classroom` and a transformer of four blocks that " +
    "was trained on such drawings.",
};

function strip(pictures) {
  const items = pictures.map(
    ({ source, alt, caption }) =>
      `<figure><img src="${source}" alt="${plain(alt)}" loading="lazy"><figcaption>${caption}</figcaption></figure>`,
  );
  return `<div class="strip">\n${items.join("\n")}\n</div>`;
}

function costOf(all) {
  const count = (key) => {
    const [low, high] = [Math.min(...all.map((facts) => facts[key])), Math.max(...all.map((facts) => facts[key]))];
    return low === high ? `${low} ${key}` : `${low} to ${high} ${key}`;
  };
  const backward = all.some((facts) => facts.backward > 0) ? ` and ${count("backward")}` : "";
  return `Passes of the model for each: ${count("forward")}${backward}, the one that predicts included.`;
}

const galleryPage = (all, method, load) => `# Gallery

Every method on five pictures, one of each situation in which a reader meets a prediction. The code is what made the first picture of
each row, and the tests draw them all again. Look down a column: methods answer different questions, and none of them is the truth.
Where no other model is loaded, it is this one:

${fence("ts", load)}

${all
  .map(
    ({ name, summary, cannotShow }) => `## [${name}](/methods/${name})

${prose(`${summary[0].toUpperCase()}${summary.slice(1)}.`)}

${method(name)}

**What it cannot show.** ${prose(cannotShow)}`,
  )
  .join("\n\n")}
`;

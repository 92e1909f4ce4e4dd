// The pictures of every method that the gallery's tests keep, for the gallery and for each method's page.
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { fence, plain, prose } from "./markdown.mjs";

const folder = join(root, "test/gallery/methods");

/** What the lessons say of their five pictures. */
const CASES = {
  "camera.png": "right and sure",
  "coffee.png": "right and sure",
  "grace_hopper.jpg": "the class is missing",
  "clock_motion.png": "wrong and sure",
  "chelsea.png": "torn between two",
};

/** Copies the pictures below `target` and gives what pages show of them. */
export async function readGallery(target) {
  const { WITHOUT_PICTURES } = await import(join(root, "dist/test/gallery/methods.js"));
  const facts = JSON.parse(readFileSync(join(folder, "methods.json"), "utf8"));
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(folder))
    if (facts[name]) cpSync(join(folder, name), join(target, name), { recursive: true });
  const method = (name) => {
    if (WITHOUT_PICTURES[name]) return `${WITHOUT_PICTURES[name]} So there is no picture of it.`;
    const { code, pictures } = facts[name];
    return `${fence("ts", code)}\n\n${strip(name, pictures)}\n\n${costOf(pictures)}`;
  };
  return { method, page: (all) => galleryPage(all, method) };
}

function strip(name, pictures) {
  const items = Object.entries(CASES).map(([picture, words]) => {
    const { alt } = pictures[picture];
    const source = `/gallery/${name}/${picture.replace(/\.\w+$/, "")}.webp`;
    return `<figure><img src="${source}" alt="${plain(alt)}" loading="lazy"><figcaption>${words}</figcaption></figure>`;
  });
  return `<div class="strip">\n${items.join("\n")}\n</div>`;
}

function costOf(pictures) {
  const all = Object.values(pictures);
  const count = (key) => {
    const [low, high] = [Math.min(...all.map((facts) => facts[key])), Math.max(...all.map((facts) => facts[key]))];
    return low === high ? `${low} ${key}` : `${low} to ${high} ${key}`;
  };
  const backward = all.some((facts) => facts.backward > 0) ? ` and ${count("backward")}` : "";
  return `Passes of the model for each: ${count("forward")}${backward}, the one that predicts included.`;
}

const galleryPage = (all, method) => `# Gallery

Every method on the five pictures of the lessons, by EfficientNet-Lite0. The code is what made the first picture of each row, and the
tests draw them all again. Look down a column: methods answer different questions, and none of them is the truth.

\`\`\`ts
const model = await loadModel("efficientnet-lite0");
\`\`\`

${all
  .map(
    ({ name, summary, cannotShow }) => `## [${name}](/methods/${name})

${prose(`${summary[0].toUpperCase()}${summary.slice(1)}.`)}

${method(name)}

**What it cannot show.** ${prose(cannotShow)}`,
  )
  .join("\n\n")}
`;

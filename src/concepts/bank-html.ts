import { pictures } from "#platform/pictures";
import { toBase64 } from "../core/bytes.js";
import { escapeHtml } from "../core/html.js";
import type { Completeness, Concept, ConceptBankFacts, ConceptCrop, Controlled } from "./bank-facts.js";

/** Side of a crop as it is shown, in pixels of the page. */
const SIDE = 56;

const percent = ({ value, control }: Controlled) => `${shown(100 * value)} % (random ${shown(100 * control)} %)`;
const figure = (value: number) => value.toFixed(2).replace("-", "−");
const plain = ({ value, control }: Controlled) => `${figure(value)} (random ${figure(control)})`;
const shown = (value: number) =>
  (Math.abs(value) < 10 ? value.toFixed(1) : value.toFixed(0)).replace(/\.0$/, "").replace("-", "−");

/** What is said of each concept, in words. */
const numbersOf = ({ sobol, ablation, flips, stability }: Concept): readonly string[] => [
  `Sobol' index ${plain(sobol)}`,
  `worth ${plain(ablation)} of the logit`,
  `without it ${percent(flips)} of the answers change`,
  `stability ${plain(stability)}`,
];

function summaryOf({
  concepts,
  layer,
  target,
  pictures: count,
  crops,
  within,
  completeness,
  failures,
}: ConceptBankFacts) {
  const parts = within ? `, parts of ${within.concept} in '${within.layer}'` : "";
  const left = failures.length > 0 ? ` ${failures.length} could not be read.` : "";
  return `${concepts.length} concepts of '${target.label}' in '${layer}'${parts}, from ${crops} crops of ${count} pictures.${left} ${completenessText(completeness)}`;
}

function completenessText({ answers, logit, activations }: Completeness): string {
  return `Made of them alone, the layer keeps ${percent(answers)} of the answers, ${percent(logit)} of the logit and ${percent(activations)} of its squared activations.`;
}

export function bankText(bank: ConceptBankFacts): string {
  return [
    summaryOf(bank),
    ...bank.concepts.map((concept) => `${concept.name}: ${numbersOf(concept).join("; ")}`),
    ...bank.notes,
  ].join("\n");
}

export async function bankHtml(bank: ConceptBankFacts): Promise<string> {
  const rows = await Promise.all(bank.concepts.map(rowOf));
  const notes = bank.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("");
  return `<p>${escapeHtml(summaryOf(bank))}</p>\n${rows.join("\n")}${notes ? `\n<ul>${notes}</ul>` : ""}`;
}

async function rowOf(concept: Concept): Promise<string> {
  const crops = await Promise.all(concept.crops.map(cropHtml));
  const numbers = numbersOf(concept).map((text) => `<span style="white-space:nowrap">${escapeHtml(text)}</span>`);
  return `<section style="margin:0 0 14px"><p style="margin:0 0 4px"><strong>${escapeHtml(concept.name)}</strong><br><small>${numbers.join(" · ")}</small></p><div style="display:flex;flex-wrap:wrap;gap:4px">${crops.join("")}</div></section>`;
}

async function cropHtml({ name, strength, image }: ConceptCrop): Promise<string> {
  const source = toBase64(await pictures.encode(image, { format: "png" }));
  const words = escapeHtml(`${name}, strength ${strength.toPrecision(3)}`);
  const width = Math.round((SIDE * image.width) / Math.max(image.width, image.height));
  const height = Math.round((SIDE * image.height) / Math.max(image.width, image.height));
  return `<img src="data:image/png;base64,${source}" alt="${words}" title="${words}" width="${width}" height="${height}" style="image-rendering:pixelated">`;
}

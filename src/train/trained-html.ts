import type { Finding } from "../audit/findings.js";
import { escapeHtml } from "../core/html.js";
import { describeClaim } from "../evaluate/claim-test.js";
import { oneLine, plural, probability } from "../render/format.js";
import { visualize } from "../render/visualize.js";
import type { Examination } from "./examination.js";
import type { HeldOut } from "./scores.js";

/** What is said of a trained model. */
interface TrainedFacts extends HeldOut, Pick<Examination, "looks" | "findings" | "notes"> {
  readonly labels: readonly string[];
}

/** The accuracy in a sentence. */
export function accuracySentence({ accuracy, interval: [low, high], confusion }: HeldOut): string {
  const count = confusion.flat().reduce((sum, one) => sum + one, 0);
  const held = plural(count, "held-out picture");
  const right = Math.round(accuracy * count);
  return `${right} of ${held} right: ${probability(accuracy)} (95 % interval ${probability(low)} to ${probability(high)})`;
}

/** What the search for a shortcut found, in a sentence. */
export const findingSentence = ({ claim }: Finding): string => `Shortcut: ${oneLine(claim)}`;

/** Said where the search was made and flagged nothing. */
export const NO_SHORTCUT = "No shortcut was flagged among the training pictures";

/** What is to be said, a sentence each. */
export function trainedText(trained: TrainedFacts): string[] {
  const { looks, findings, notes } = trained;
  return [
    accuracySentence(trained),
    ...(findings.length > 0 ? findings.map(findingSentence) : [NO_SHORTCUT]),
    ...looks.map(({ claim }) => oneLine(describeClaim(claim))),
    ...notes.map(oneLine),
  ];
}

const FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-variant-numeric:tabular-nums";

/** Accuracy first, then shortcuts, then what is looked at in one picture of each class. */
export async function trainedHtml(trained: TrainedFacts): Promise<string> {
  const [first, ...rest] = trainedText(trained);
  const figure = await visualize(trained.looks.map(({ explanation }) => explanation));
  const flagged = trained.findings.length;
  const lines = rest.map((line, i) => {
    const weight = i < flagged ? "font-weight:600" : "";
    return `<p style="margin:2px 0;max-width:60em;${weight}">${escapeHtml(line)}</p>`;
  });
  return [
    `<div class="sightline-trained" style="${FONT}">`,
    `<p style="margin:0 0 8px;font-size:24px;line-height:1.3">${escapeHtml(first)}</p>`,
    confusionTable(trained),
    ...lines,
    figure.html(),
    "</div>",
  ].join("\n");
}

/** Held-out pictures of each class by what they were taken for. */
function confusionTable({ labels, confusion }: TrainedFacts): string {
  const cell = "padding:2px 16px 2px 0;text-align:left;font-weight:normal";
  const name = (label: string) => escapeHtml(oneLine(label));
  const head = labels.map((label) => `<th scope="col" style="${cell}">taken for ${name(label)}</th>`);
  const rows = confusion.map((row, truth) => {
    const cells = row.map((count, answer) => {
      const right = answer === truth ? "font-weight:600" : "";
      return `<td style="${cell};${right}">${count}</td>`;
    });
    return `<tr><th scope="row" style="${cell}">${name(labels[truth])}</th>${cells.join("")}</tr>`;
  });
  return (
    '<table style="border-collapse:collapse;margin:8px 0"><thead><tr><td></td>' +
    `${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`
  );
}

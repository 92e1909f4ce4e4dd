import type {
  PictureClaim,
  PictureDetail,
  ProofSide,
  ShortcutProof,
  ShownFinding,
} from "../../../src/explorer/types.js";
import { oneLine, probability } from "../../../src/render/format.js";
import { h } from "../dom.js";
import type { Store } from "./store.js";
import { interval, table } from "./tables.js";
import { pngImage, testPanel } from "./test-panel.js";

/** The test of an open picture: what its map claims, hidden. */
export function pictureTest(store: Store, { id, row, tested }: PictureDetail): HTMLElement {
  if (row.error !== null) return h("div", {});
  const panel = testPanel<PictureClaim>(store, {
    action: "Test the claim",
    again: "Test it again",
    title: "Hiding what the map points to, and 50 regions elsewhere",
    found: tested,
    run: () => store.backend.testPicture(id),
    show: ({ sentence, figure }) => [
      h("p", { class: "sl-verdict" }, oneLine(sentence)),
      pngImage(figure, "The picture, the picture with the region hidden, and regions elsewhere hidden."),
    ],
  });
  return h("section", { "aria-label": "Test of the claim" }, h("h4", {}, "Is the map right?"), panel);
}

/** The test of a finding on its pictures; nothing where none is possible. */
export function findingTest(store: Store, { index, provable, proof }: ShownFinding): HTMLElement[] {
  if (!provable) return [];
  return [
    testPanel<ShortcutProof>(store, {
      action: "Prove it",
      again: "Prove it again",
      title: "Pasting and covering the region",
      found: proof,
      run: () => store.backend.prove(index),
      show: (found) => [
        h("p", { class: "sl-verdict" }, oneLine(found.sentence)),
        sides(found),
        ...found.notes.map((note) => h("p", { class: "sl-caption" }, oneLine(note))),
        examples(found),
      ],
    }),
  ];
}

const share = ({ value, interval: range }: ProofSide["effect"]) => `${probability(value)} (${interval(range)})`;

/** Both sides beside their nulls. */
function sides({ added, removed }: ShortcutProof): HTMLElement {
  const line = ({ effect, null: none, pictures }: ProofSide) => [
    oneLine(effect.what),
    share(effect),
    share(none),
    pictures.toLocaleString("en"),
  ];
  return table(["share of", "region", "null", "pictures"], [line(added), line(removed)]);
}

function examples(proof: ShortcutProof): HTMLElement {
  const shown = proof.examples.map(({ side, path, before, after, picture }) => {
    const act = side === "added" ? "pasted" : "covered";
    const words = `${before} → ${after}`;
    return h(
      "figure",
      {},
      pngImage(picture, `${oneLine(path)}, the region ${act}: ${words}`),
      h("figcaption", { class: "sl-caption" }, `${act}: ${words}`),
    );
  });
  return h("div", { class: "sl-x-examples" }, ...shown);
}

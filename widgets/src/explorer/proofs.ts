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
export function findingTest(store: Store, { index, kind, provable, proof }: ShownFinding): HTMLElement[] {
  if (!provable) return [];
  return [
    testPanel<ShortcutProof>(store, {
      action: "Prove it",
      again: "Prove it again",
      title: isOfPlace(kind) ? "Pasting and covering the region" : "Giving the property and taking it away",
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

const isOfPlace = (kind: string) => kind !== "property-shortcut";

/** Both sides beside their nulls. */
function sides({ kind, added, removed }: ShortcutProof): HTMLElement {
  const controlled = added.control !== null;
  const line = ({ effect, null: none, control, pictures }: ProofSide) => [
    oneLine(effect.what),
    share(effect),
    share(none),
    ...(control ? [share(control)] : []),
    pictures.toLocaleString("en"),
  ];
  const heads = isOfPlace(kind) ? ["region", "null"] : ["property", "random edits of equal size"];
  return table(
    ["share of", ...heads, ...(controlled ? ["property of others"] : []), "pictures"],
    [line(added), ...(removed ? [line(removed)] : [])],
  );
}

const ACTS = { place: { added: "pasted", removed: "covered" }, property: { added: "given", removed: "taken away" } };

function examples({ kind, examples: edited }: ShortcutProof): HTMLElement {
  const acts = isOfPlace(kind) ? ACTS.place : ACTS.property;
  const what = isOfPlace(kind) ? "the region" : "the property";
  const shown = edited.map(({ side, path, before, after, picture }) => {
    const words = oneLine(`${before} → ${after}`);
    return h(
      "figure",
      {},
      pngImage(picture, `${oneLine(path)}, ${what} ${acts[side]}: ${words}`),
      h("figcaption", { class: "sl-caption" }, `${acts[side]}: ${words}`),
    );
  });
  return h("div", { class: "sl-x-examples" }, ...shown);
}

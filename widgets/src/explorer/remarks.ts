import type { PictureDetail, PictureRemark } from "../../../src/explorer/types.js";
import { oneLine, plural } from "../../../src/render/format.js";
import { button, h } from "../dom.js";
import type { Work } from "./work.js";

/** Tags, slices and notes of a picture, to be changed. */
export function remarks(work: Work, { id, tags, slices, notes }: PictureDetail): HTMLElement {
  const chips = tags.map((tag) =>
    h(
      "span",
      { class: "sl-x-chip" },
      oneLine(tag),
      button("×", () => void work.do({ kind: "untag", tag, ids: [id] }), {
        class: "sl-x-link",
        "aria-label": `Take the tag ${oneLine(tag)} off`,
      }),
    ),
  );
  const kept = slices.length > 0 && h("p", { class: "sl-caption" }, `In slices: ${slices.map(oneLine).join(", ")}`);
  return h(
    "div",
    { class: "sl-x-remarks" },
    chips.length > 0 && h("div", { class: "sl-x-chips" }, ...chips),
    kept,
    ...notes.map((note) => remark(work, note)),
  );
}

function remark(work: Work, { id, text, by, at, pictures }: PictureRemark): HTMLElement {
  const others = pictures > 1 ? `, on ${plural(pictures, "picture")}` : "";
  const from = `${oneLine(by)}, ${new Date(at).toLocaleString()}${others}`;
  const shown = h("blockquote", { class: "sl-x-note" }, text);
  const edit = () => {
    const area = h("textarea", { class: "sl-select", rows: 3, maxlength: 20_000, "aria-label": "Note" });
    area.value = text;
    const save = button("Save", () => void work.do({ kind: "edit-note", note: id, text: area.value }));
    shown.replaceChildren(area, save);
    area.focus();
  };
  return h(
    "div",
    {},
    shown,
    h(
      "p",
      { class: "sl-caption" },
      from,
      " ",
      button("Edit", edit, { class: "sl-x-link", "aria-label": `Edit the note of ${oneLine(by)}` }),
      " ",
      button("Remove", () => void work.do({ kind: "edit-note", note: id, text: null }), {
        class: "sl-x-link",
        "aria-label": `Remove the note of ${oneLine(by)}`,
      }),
    ),
  );
}

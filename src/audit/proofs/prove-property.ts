import { SightlineError, throwIfAborted } from "../../core/errors.js";
import { random } from "../../core/random.js";
import type { Model } from "../../model/types.js";
import { percent, plural } from "../../render/format.js";
import type { Audit } from "../audit.js";
import type { Finding } from "../findings.js";
import { evidenceOf } from "../shortcuts/evidence.js";
import { FlipRate } from "../shortcuts/flip-rate.js";
import { PROPERTIES } from "../shortcuts/properties/properties.js";
import type { Property } from "../shortcuts/properties/property.js";
import { randomEdit } from "../shortcuts/properties/random-edit.js";
import { type Pixels, type View, type Viewer, viewerOf } from "../shortcuts/properties/view.js";
import {
  type DrawnPicture,
  drawPictures,
  type Edited,
  examplesOf,
  LEAST,
  measured,
  NOT_SHOWN,
  SHOWN,
  verdictOf,
} from "./proof-parts.js";
import type { ProofControl, ProofExample, ProofSide, ShortcutProof } from "./types.js";

/** Pictures whose property is given to others, of each side. */
const DONORS = 16;

/** The property that a finding is about; undefined for one about something else. */
export const propertyOf = ({ kind, evidence }: Pick<Finding, "kind" | "evidence">): Property | undefined =>
  kind === "property-shortcut" ? PROPERTIES.find(({ name }) => name === evidence.property) : undefined;

/**
 * Tests a shortcut without a place on its own pictures, both ways: its property given to pictures of other classes, and
 * that of other classes given to its pictures; each beside random edits of equal size, and beside the property of pictures
 * that should make no difference.
 * @throws SightlineError `bad-config` for a finding of too few pictures, `not-supported` for a model whose input is no picture
 */
export async function proveProperty(
  model: Model,
  audit: Audit,
  finding: Finding & { readonly label: string },
  property: Property,
  { signal, onProgress = () => {} }: ProofControl,
): Promise<ShortcutProof> {
  const { kind, label } = finding;
  const viewer = viewerOf(model, signal);
  if (!viewer) {
    throw new SightlineError("not-supported", `the ${property.name} of a picture cannot be changed for this model`, {
      expected: "preprocessing that scales colours and does nothing else",
      next: "audit with a preset, or with mean and std instead of a function",
    });
  }
  const { seed } = audit.manifest.settings;
  const source = random(seed);
  const drawn = await drawPictures(audit, finding, source, model.labels);
  const looker = await lookerOf(audit, viewer);
  const [own, foreign] = [await looker.donors(drawn.members), await looker.donors(drawn.others.toReversed())];
  const total = drawn.members.length + drawn.others.length;
  let done = 0;
  const step = () => {
    throwIfAborted(signal);
    onProgress({ done: done++, total });
  };
  const tools = { seenOf: viewer.seenOf, integer: source.integer };
  const editor: Editor = {
    edit: (view, donors, i) => property.edit(view, donorOf(donors, view, i), tools),
    random: (view, edited) => randomEdit(view.seen, edited, source),
    isLabel: classTest(model, viewer, label, signal),
    view: looker.view,
    input: viewer.input,
    step,
  };
  const given = await sideOf(editor, { side: "added", pictures: drawn.others, from: own, control: foreign });
  const taken = await sideOf(editor, { side: "removed", pictures: drawn.members, from: foreign, control: own });
  if (given.count < LEAST) {
    throw new SightlineError("bad-config", `the ${property.name} can be given to too few pictures of other classes`, {
      received: `${given.count} of ${drawn.others.length}`,
      expected: `at least ${LEAST}`,
    });
  }
  const added = addedSide(given, property, label);
  const removed = taken.count < LEAST ? null : removedSide(taken, property, label);
  const examples = await examplesOf(model, [...given.shown, ...(removed ? taken.shown : [])]);
  return {
    kind,
    label,
    sentence: sentenceOf(property, label, added, removed),
    added,
    removed,
    examples,
    seed,
    notes: [...leftOut(property, given, taken), ...(examples.length > 0 ? [] : [NOT_SHOWN])],
  };
}

/** A donor is never the picture itself. */
function donorOf(donors: readonly View[], view: View, i: number): View {
  const donor = donors[i % donors.length];
  return donor.path === view.path ? donors[(i + 1) % donors.length] : donor;
}

interface Looker {
  view(picture: DrawnPicture): Promise<View>;
  donors(pictures: readonly DrawnPicture[]): Promise<View[]>;
}

/** Pictures as the model sees them, one after the other: photographs of a camera are large. */
async function lookerOf(audit: Audit, viewer: Viewer): Promise<Looker> {
  const files = new Map((await audit.pictures()).map(({ path, file }) => [path, file]));
  const view = async (picture: DrawnPicture) => {
    const map = await audit.map(picture);
    if (!map) {
      throw new SightlineError("bad-data", `the audit has no map of ${picture.path}`, { next: "run the audit again" });
    }
    const { path, prediction } = picture;
    return viewer.view({ path, prediction, image: files.get(path) ?? path, evidence: evidenceOf(map) });
  };
  return {
    view,
    async donors(pictures) {
      const views: View[] = [];
      for (const picture of pictures.slice(0, DONORS)) views.push(await view(picture));
      return views;
    },
  };
}

type Test = (view: View, pixels: Pixels) => Promise<boolean>;

function classTest(model: Model, viewer: Viewer, label: string, signal?: AbortSignal): Test {
  const rate = new FlipRate(model, label, signal);
  return async (view, pixels) => (await rate.each([view], () => viewer.input(view, pixels)))[0];
}

interface Editor extends Pick<Viewer, "input"> {
  /** Undefined where a picture cannot be given the property. */
  edit(view: View, donors: readonly View[], i: number): Pixels | undefined | Promise<Pixels | undefined>;
  random(view: View, edited: Pixels): Pixels;
  readonly isLabel: Test;
  view(picture: DrawnPicture): Promise<View>;
  step(): void;
}

interface SidePlan {
  readonly side: ProofExample["side"];
  readonly pictures: readonly DrawnPicture[];
  /** Whose property the pictures get, and whose in the control. */
  readonly from: readonly View[];
  readonly control: readonly View[];
}

interface Counted {
  /** Pictures that could be edited, and all. */
  readonly count: number;
  readonly of: number;
  /** Shares that are the class after each edit. */
  readonly effect: number;
  readonly random: number;
  readonly control: number;
  readonly shown: readonly Edited[];
}

async function sideOf(editor: Editor, { side, pictures, from, control }: SidePlan): Promise<Counted> {
  const outcomes: { edited: boolean; random: boolean; control: boolean }[] = [];
  const shown: Edited[] = [];
  for (const [i, picture] of pictures.entries()) {
    editor.step();
    const view = await editor.view(picture);
    const edited = await editor.edit(view, from, i);
    if (!edited) continue;
    const exchanged = (await editor.edit(view, control, i)) ?? Uint8ClampedArray.from(view.seen.data);
    outcomes.push({
      edited: await editor.isLabel(view, edited),
      random: await editor.isLabel(view, editor.random(view, edited)),
      control: await editor.isLabel(view, exchanged),
    });
    const { path, prepared } = view;
    if (shown.length < SHOWN) shown.push({ side, path, prepared, tensor: editor.input(view, edited) });
  }
  const share = (of: keyof (typeof outcomes)[number]) =>
    outcomes.filter((one) => one[of]).length / Math.max(1, outcomes.length);
  return {
    count: outcomes.length,
    of: pictures.length,
    effect: share("edited"),
    random: share("random"),
    control: share("control"),
    shown,
  };
}

function addedSide(
  { count, effect, random: byChance, control }: Counted,
  { name }: Property,
  label: string,
): ProofSide {
  return {
    pictures: count,
    effect: measured(`pictures of other classes that become ${label} with its ${name}`, effect, count),
    null: measured("the same by random edits of equal size", byChance, count),
    control: measured(`the same with the ${name} of other classes`, control, count),
  };
}

function removedSide(
  { count, effect, random: byChance, control }: Counted,
  { name }: Property,
  label: string,
): ProofSide {
  return {
    pictures: count,
    effect: measured(`its pictures that are no longer ${label} with the ${name} of other classes`, 1 - effect, count),
    null: measured("the same by random edits of equal size", 1 - byChance, count),
    control: measured(`the same with the ${name} of other pictures of ${label}`, 1 - control, count),
  };
}

function sentenceOf({ name }: Property, label: string, added: ProofSide, removed: ProofSide | null): string {
  const beside = ({ null: none, control }: ProofSide, what: string) =>
    `(random edits of equal size: ${percent(none.value)}, ${what}: ${percent(control?.value ?? 0)})`;
  const verdict = verdictOf(added, removed, ["by giving it", "by taking it away"]);
  const taken = removed
    ? `taken from ${plural(removed.pictures, "picture")}, ${percent(removed.effect.value)} are no longer ${label} ` +
      beside(removed, `exchanged among pictures of ${label}`)
    : "it cannot be taken away";
  return (
    `${verdict}: given to ${plural(added.pictures, "picture")} of other classes, the ${name} turns ${percent(added.effect.value)} ` +
    `into ${label} ${beside(added, `that of other classes`)}; ${taken}.`
  );
}

/** Pictures that could not be edited: detail that a picture does not have cannot be given to it. */
function leftOut({ name }: Property, given: Counted, taken: Counted): string[] {
  const note = (count: number, what: string) =>
    count > 0 ? [`The ${name} of ${plural(count, "picture")} could not be ${what}.`] : [];
  return [
    ...note(given.of - given.count, "changed to that of the class"),
    ...note(taken.of - taken.count, "changed to that of other classes"),
  ];
}

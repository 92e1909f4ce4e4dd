import { SightlineError, throwIfAborted } from "../../core/errors.js";
import { type Random, random } from "../../core/random.js";
import type { Rect } from "../../core/raw-image.js";
import type { Tensor } from "../../core/tensor.js";
import type { PreparedImage } from "../../image/types.js";
import type { Model } from "../../model/types.js";
import { percent, plural } from "../../render/format.js";
import type { Audit } from "../audit.js";
import type { Finding } from "../findings.js";
import { evidenceOf, hottestBox } from "../shortcuts/evidence.js";
import { FlipRate } from "../shortcuts/flip-rate.js";
import { REGION } from "../shortcuts/moving-test.js";
import { cutPatch, pastePatch, pixelRect } from "../shortcuts/patches.js";
import { type DrawnPicture, drawPictures, examplesOf, measured, NOT_SHOWN, SHOWN, verdictOf } from "./proof-parts.js";
import type { ProofControl, ProofExample, ProofSide, ShortcutProof } from "./types.js";

/** Places elsewhere that are tried before one that overlaps is taken. */
const TRIES = 50;

/** A picture as model input, and its region in pixels of the input. */
interface Subject {
  readonly path: string;
  readonly prepared: PreparedImage;
  readonly rect: Rect;
}

/** An edit of a picture; `i` counts the pictures. */
type Edit = (subject: Subject, i: number) => Tensor;

/** What a side measures: which pictures, which edit, and the same where it should do nothing. */
interface SidePlan {
  readonly side: ProofExample["side"];
  readonly subjects: readonly Subject[];
  readonly edit: Edit;
  readonly nullEdit: Edit;
  readonly what: string;
  readonly nullWhat: string;
}

/**
 * Tests a shortcut on its own pictures, both ways: its region pasted on pictures of other classes, beside that of other
 * pictures; and its region covered by that of another picture, beside a region elsewhere covered.
 * @throws SightlineError `bad-config` for a finding of too few pictures
 */
export async function proveShortcut(
  model: Model,
  audit: Audit,
  finding: Finding & { readonly label: string },
  { signal, onProgress = () => {} }: ProofControl,
): Promise<ShortcutProof> {
  const { kind, label } = finding;
  const { seed } = audit.manifest.settings;
  const source = random(seed);
  const drawn = await drawSubjects(model, audit, finding, source, signal);
  const total = 2 * (drawn.members.length + drawn.others.length);
  let done = 0;
  const rate = new FlipRate(model, label, signal);
  const counted =
    (edit: Edit): Edit =>
    (subject, i) => {
      throwIfAborted(signal);
      onProgress({ done: done++, total });
      return edit(subject, i);
    };
  const shareOf = (subjects: readonly Subject[], edit: Edit) => rate.of(subjects, counted(edit));
  const [added, removed] = [addedPlan(model, label, drawn), removedPlan(model, label, drawn, source)];
  const flips = sideOf(added, await shareOf(added.subjects, added.edit), await shareOf(added.subjects, added.nullEdit));
  const [kept, keptElsewhere] = [
    await shareOf(removed.subjects, removed.edit),
    await shareOf(removed.subjects, removed.nullEdit),
  ];
  const lost = sideOf(removed, 1 - kept, 1 - keptElsewhere);
  const shown = [added, removed].flatMap(({ side, subjects, edit }) =>
    subjects.slice(0, SHOWN).map((subject, i) => ({ side, ...subject, tensor: edit(subject, i) })),
  );
  const examples = await examplesOf(model, shown);
  return {
    kind,
    label,
    sentence: sentenceOf(label, flips, lost),
    added: flips,
    removed: lost,
    examples,
    seed,
    notes: examples.length > 0 ? [] : [NOT_SHOWN],
  };
}

interface Drawn {
  readonly members: readonly Subject[];
  readonly others: readonly Subject[];
}

/** Draws pictures of the finding and of other classes, and finds the region of each. */
async function drawSubjects(
  model: Model,
  audit: Audit,
  finding: Finding,
  source: Random,
  signal: AbortSignal | undefined,
): Promise<Drawn> {
  const { members, others } = await drawPictures(audit, finding, source, model.labels);
  const files = new Map((await audit.pictures()).map(({ path, file }) => [path, file]));
  const fixed = fixedBox(finding);
  const subjectOf = async (place: DrawnPicture): Promise<Subject> => {
    const box = fixed ?? (await ownBox(audit, place));
    const prepared = await model.prepare(files.get(place.path) ?? place.path, { signal });
    return { path: place.path, prepared, rect: pixelRect(box, model.info.input) };
  };
  const all = async (places: readonly DrawnPicture[]) => {
    const subjects: Subject[] = [];
    for (const place of places) subjects.push(await subjectOf(place));
    return subjects;
  };
  return { members: await all(members), others: await all(others) };
}

/** Where all pictures of a finding have their evidence; undefined where it is elsewhere in each. */
function fixedBox({ kind, evidence }: Finding): Rect | undefined {
  if (kind !== "shortcut") return undefined;
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(evidence[name]));
  return { x, y, width, height };
}

/** Where a picture's own evidence is. @throws SightlineError `bad-data` where its map is gone */
async function ownBox(audit: Audit, place: DrawnPicture): Promise<Rect> {
  const map = await audit.map(place);
  if (map) return hottestBox(evidenceOf(map), REGION).box;
  throw new SightlineError("bad-data", `the audit has no map of ${place.path}`, { next: "run the audit again" });
}

function addedPlan({ info: { input } }: Model, label: string, { members, others }: Drawn): SidePlan {
  const regionsOf =
    (from: readonly Subject[], skip: number): Edit =>
    ({ prepared }, i) => {
      const { prepared: donor, rect } = from[(i + skip) % from.length];
      return pastePatch(prepared.tensor, input, cutPatch(donor.tensor, input, rect), rect);
    };
  return {
    side: "added",
    subjects: others,
    edit: regionsOf(members, 0),
    // a picture of the others never gets its own region
    nullEdit: regionsOf(others, Math.ceil(others.length / 2)),
    what: `pictures of other classes that become ${label} with the region pasted on`,
    nullWhat: "the same with that region of other pictures",
  };
}

function removedPlan({ info: { input } }: Model, label: string, drawn: Drawn, source: Random): SidePlan {
  const { members, others } = drawn;
  const covered = ({ prepared }: Subject, rect: Rect, i: number) =>
    pastePatch(prepared.tensor, input, cutPatch(others[i % others.length].prepared.tensor, input, rect), rect);
  const elsewhere = members.map(({ rect }) => placeElsewhere(rect, input, source));
  return {
    side: "removed",
    subjects: members,
    edit: (subject, i) => covered(subject, subject.rect, i),
    nullEdit: (subject, i) => covered(subject, elsewhere[i], i),
    what: `its pictures that are no longer ${label} with the region covered`,
    nullWhat: "the same with a region of that size elsewhere covered",
  };
}

/** A rectangle of the same size that does not overlap another one, where there is room. */
function placeElsewhere(rect: Rect, view: { width: number; height: number }, source: Random): Rect {
  const { width, height } = rect;
  let found = rect;
  for (let tries = 0; tries < TRIES; tries++) {
    found = { x: source.integer(view.width - width + 1), y: source.integer(view.height - height + 1), width, height };
    if (Math.abs(found.x - rect.x) >= width || Math.abs(found.y - rect.y) >= height) return found;
  }
  return found;
}

function sideOf({ subjects, what, nullWhat }: SidePlan, effect: number, nullEffect: number): ProofSide {
  const count = subjects.length;
  return {
    pictures: count,
    effect: measured(what, effect, count),
    null: measured(nullWhat, nullEffect, count),
    control: null,
  };
}

function sentenceOf(label: string, added: ProofSide, removed: ProofSide): string {
  const verdict = verdictOf(added, removed, ["by pasting", "by covering"]);
  return (
    `${verdict}: pasted on ${plural(added.pictures, "picture")} of other classes the region turns ${percent(added.effect.value)} ` +
    `into ${label} (that of other pictures: ${percent(added.null.value)}); covered in ${plural(removed.pictures, "picture")}, ` +
    `${percent(removed.effect.value)} are no longer ${label} (a region elsewhere: ${percent(removed.null.value)}).`
  );
}

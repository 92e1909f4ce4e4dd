import { pictures } from "#platform/pictures";
import { SightlineError, throwIfAborted } from "../../core/errors.js";
import { type Random, random } from "../../core/random.js";
import type { RawImage, Rect } from "../../core/raw-image.js";
import type { Tensor } from "../../core/tensor.js";
import { wilsonInterval } from "../../core/wilson.js";
import type { PreparedImage } from "../../image/types.js";
import type { Model } from "../../model/types.js";
import { oneLine, percent, plural, probability } from "../../render/format.js";
import type { Audit } from "../audit.js";
import type { Finding, Measured } from "../findings.js";
import { evidenceOf, hottestBox } from "../shortcuts/evidence.js";
import { FlipRate } from "../shortcuts/flip-rate.js";
import { REGION } from "../shortcuts/moving-test.js";
import { cutPatch, pastePatch, pixelRect } from "../shortcuts/patches.js";
import type { MapPlace } from "../types.js";
import type { ProofControl, ProofExample, ProofSide, ShortcutProof } from "./types.js";

/** Pictures that are edited on each side. */
const EDITED = 80;
/** Fewer say nothing. */
const LEAST = 8;
/** Pictures of each side that are shown. */
const SHOWN = 3;
/** Places elsewhere that are tried before one that overlaps is taken. */
const TRIES = 50;
/** Pixels between a picture before and after. */
const GAP = 4;

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

/** Whether a finding can be proven: it says where its pictures have their evidence. */
export const isProvable = ({ kind, label }: Pick<Finding, "kind" | "label">): boolean =>
  (kind === "shortcut" || kind === "moving-shortcut") && label !== null;

/**
 * Tests a shortcut on its own pictures, both ways: its region pasted on pictures of other classes, beside that of other
 * pictures; and its region covered by that of another picture, beside a region elsewhere covered.
 * @throws SightlineError `bad-config` for a finding that is no shortcut, or of too few pictures
 */
export async function proveShortcut(
  model: Model,
  audit: Audit,
  finding: Finding,
  { signal, onProgress = () => {} }: ProofControl,
): Promise<ShortcutProof> {
  const { kind, label } = finding;
  if (!isProvable(finding) || label === null) {
    throw new SightlineError("bad-config", `a finding of the kind '${kind}' has no region to paste or remove`, {
      received: kind,
      expected: "a shortcut",
    });
  }
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
  const examples = [...(await examplesOf(model, added)), ...(await examplesOf(model, removed))];
  return {
    kind,
    label,
    sentence: sentenceOf(label, flips, lost),
    added: flips,
    removed: lost,
    examples,
    seed,
    notes:
      examples.length > 0
        ? []
        : ["The model's preprocessing cannot be undone, so that no edited picture can be shown."],
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
  type Place = MapPlace & { readonly path: string; readonly prediction: string };
  const rows = (await audit.query(
    "select path, prediction, shard, map_row from results where error is null order by shard, map_row",
  )) as unknown as Place[];
  const own = new Set(finding.pictures);
  const sample = (from: readonly Place[]) => source.shuffle([...from]).slice(0, EDITED);
  const members = sample(rows.filter(({ path }) => own.has(path)));
  const others = sample(rows.filter(({ prediction }) => prediction !== finding.label));
  if (Math.min(members.length, others.length) < LEAST) {
    throw new SightlineError("bad-config", "too few pictures to prove the finding", {
      received: `${members.length} of its own and ${others.length} of other classes`,
      expected: `at least ${LEAST} of each`,
    });
  }
  const files = new Map((await audit.pictures()).map(({ path, file }) => [path, file]));
  const fixed = fixedBox(finding);
  const subjectOf = async (place: Place): Promise<Subject> => {
    const box = fixed ?? (await ownBox(audit, place));
    const prepared = await model.prepare(files.get(place.path) ?? place.path, { signal });
    return { path: place.path, prepared, rect: pixelRect(box, model.info.input) };
  };
  const all = async (places: readonly Place[]) => {
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
async function ownBox(audit: Audit, place: MapPlace & { readonly path: string }): Promise<Rect> {
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
  const measured = (name: string, value: number): Measured => ({
    what: name,
    value,
    interval: wilsonInterval(Math.round(value * count), count),
  });
  return { pictures: count, effect: measured(what, effect), null: measured(nullWhat, nullEffect) };
}

/** Whether an effect is beyond what the null can be. */
const stands = ({ effect, null: none }: ProofSide) => effect.interval[0] > none.interval[1];

function sentenceOf(label: string, added: ProofSide, removed: ProofSide): string {
  const sides = [added, removed].filter(stands).length;
  const verdict =
    sides === 2
      ? "Proven both ways"
      : stands(added)
        ? "Proven by pasting alone"
        : stands(removed)
          ? "Proven by covering alone"
          : "Not proven";
  return (
    `${verdict}: pasted on ${plural(added.pictures, "picture")} of other classes the region turns ${percent(added.effect.value)} ` +
    `into ${label} (that of other pictures: ${percent(added.null.value)}); covered in ${plural(removed.pictures, "picture")}, ` +
    `${percent(removed.effect.value)} are no longer ${label} (a region elsewhere: ${percent(removed.null.value)}).`
  );
}

async function examplesOf(model: Model, { side, subjects, edit }: SidePlan): Promise<ProofExample[]> {
  const examples: ProofExample[] = [];
  for (const [i, subject] of subjects.slice(0, SHOWN).entries()) {
    const { prepared, path } = subject;
    const edited = edit(subject, i);
    const shown = await bothPixels(model, prepared, edited);
    if (!shown) return [];
    examples.push({
      side,
      path,
      before: await answerTo(model, prepared.tensor),
      after: await answerTo(model, edited),
      picture: await pictures.encode(beside(...shown), { format: "png" }),
    });
  }
  return examples;
}

/** The picture before and after; undefined where the model's preprocessing cannot be undone. */
async function bothPixels(
  model: Model,
  prepared: PreparedImage,
  tensor: Tensor,
): Promise<[before: RawImage, after: RawImage] | undefined> {
  try {
    return [await model.pixels(prepared), await model.pixels({ ...prepared, tensor })];
  } catch (error) {
    if (error instanceof SightlineError && error.code === "not-supported") return undefined;
    throw error;
  }
}

async function answerTo(model: Model, tensor: Tensor): Promise<string> {
  const { data } = model.probabilities(await model.run(tensor));
  const best = data.indexOf(Math.max(...data));
  return `${oneLine(model.labels[best])} ${probability(data[best])}`;
}

/** Two pictures of one size, one to the right of the other, white between them. */
function beside(left: RawImage, right: RawImage): RawImage {
  const [width, height] = [2 * left.width + GAP, left.height];
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 0; y < height; y++) {
    const row = (image: RawImage) => image.data.subarray(y * left.width * 3, (y + 1) * left.width * 3);
    data.set(row(left), y * width * 3);
    data.set(row(right), (y * width + left.width + GAP) * 3);
  }
  return { data, width, height };
}

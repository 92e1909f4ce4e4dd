import { wilsonInterval } from "../../core/wilson.js";
import { percent, plural } from "../../render/format.js";
import { type Finding, finding, type Search } from "../findings.js";
import type { Storage } from "../shards/storage.js";
import { threadAnswer } from "../thread-answer.js";
import { SAME } from "./agreement.js";
import type { NearDuplicates } from "./near-duplicates.js";
import { storedLumas } from "./stored-lumas.js";
import type { HygieneColumns, HygienePicture } from "./types.js";

type DuplicateColumns = Pick<
  HygieneColumns,
  "duplicate_group" | "duplicate" | "duplicate_of" | "similarity" | "conflicting" | "leak" | "leak_of"
>;

export interface DuplicateReport {
  readonly columns: readonly DuplicateColumns[];
  readonly searches: readonly Search[];
  readonly findings: readonly Finding[];
}

/** Which pictures are the same, as files or as seen, and whether their labels or splits differ. */
export async function findDuplicates(
  pictures: readonly HygienePicture[],
  storage: Storage,
  signal?: AbortSignal,
): Promise<DuplicateReport> {
  const lumas = await storedLumas(storage, pictures);
  const near = await threadAnswer<NearDuplicates>("audit/hygiene/duplicates-worker", lumas, signal);
  const columns = columnsOf(pictures, linksOf(pictures, near));
  const split = pictures.some((picture) => picture.split !== null);
  const how = `equal bytes, or slopes that correlate by ${SAME} or more when one picture is laid on the other`;
  const flat = pictures.length - near.compared;
  return {
    columns,
    searches: [
      {
        of: "duplicates",
        looked: true,
        note: flat > 0 ? `${how}; ${plural(flat, "picture")} without any structure by bytes alone` : how,
      },
      { of: "leaks", looked: split, note: split ? "duplicates across splits" : "no picture says which split it is in" },
    ],
    findings: findingsOf(pictures, columns, near),
  };
}

interface Link {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
  readonly exact: boolean;
}

function linksOf(pictures: readonly HygienePicture[], near: NearDuplicates): Link[] {
  const first = new Map<string, number>();
  const links: Link[] = [];
  for (const [i, { sha256 }] of pictures.entries()) {
    const before = first.get(sha256);
    if (before === undefined) first.set(sha256, i);
    else links.push({ a: before, b: i, similarity: 1, exact: true });
  }
  const exact = new Set(links.map(({ a, b }) => `${a} ${b}`));
  for (const { a, b, similarity } of near.pairs) {
    const [low, high] = a < b ? [a, b] : [b, a];
    if (!exact.has(`${low} ${high}`) && pictures[a].sha256 !== pictures[b].sha256) {
      links.push({ a: low, b: high, similarity, exact: false });
    }
  }
  return links;
}

const ALONE: DuplicateColumns = {
  duplicate_group: null,
  duplicate: null,
  duplicate_of: null,
  similarity: null,
  conflicting: null,
  leak: null,
  leak_of: null,
};

function columnsOf(pictures: readonly HygienePicture[], links: readonly Link[]): DuplicateColumns[] {
  const root = pictures.map((_, i) => i);
  const find = (i: number): number => {
    let top = i;
    while (root[top] !== top) top = root[top];
    root[i] = top;
    return top;
  };
  const closest = new Map<number, { of: number; link: Link }>();
  for (const link of links) {
    const [low, high] = [find(link.a), find(link.b)].sort((x, y) => x - y);
    root[high] = low;
    for (const [one, of] of [
      [link.a, link.b],
      [link.b, link.a],
    ]) {
      if (link.similarity > (closest.get(one)?.link.similarity ?? 0)) closest.set(one, { of, link });
    }
  }
  const members = new Map<number, number[]>();
  for (const i of [...closest.keys()].sort((x, y) => x - y)) {
    const top = find(i);
    members.set(top, [...(members.get(top) ?? []), i]);
  }
  const across = closestAcross(pictures, links);
  const columns = pictures.map(() => ALONE);
  for (const [group, indices] of [...members.values()].entries()) {
    const truths = new Set(indices.map((i) => pictures[i].truth));
    const splits = new Set(indices.map((i) => pictures[i].split));
    const elsewhere = (i: number) => indices.find((j) => differ(pictures[i].split, pictures[j].split));
    for (const i of indices) {
      const { of, link } = closest.get(i) as { of: number; link: Link };
      columns[i] = {
        duplicate_group: group,
        duplicate: link.exact ? "exact" : "near",
        duplicate_of: pictures[of].path,
        similarity: link.similarity,
        conflicting: differs(pictures[i].truth, truths),
        leak: differs(pictures[i].split, splits),
        leak_of: pictures[across.get(i) ?? elsewhere(i) ?? -1]?.path ?? null,
      };
    }
  }
  return columns;
}

const differ = (one: string | null, other: string | null) => one !== null && other !== null && one !== other;

/** Whether something known differs from a picture's own; null where that is not known. */
function differs(own: string | null, all: ReadonlySet<string | null>): boolean | null {
  if (own === null) return null;
  if ([...all].some((other) => differ(own, other))) return true;
  return all.has(null) ? null : false;
}

/** Of each picture the one in another split that it is most like, where it is like one. */
function closestAcross(pictures: readonly HygienePicture[], links: readonly Link[]): Map<number, number> {
  const closest = new Map<number, Link>();
  for (const link of links) {
    if (!differ(pictures[link.a].split, pictures[link.b].split)) continue;
    for (const one of [link.a, link.b]) {
      if (link.similarity > (closest.get(one)?.similarity ?? 0)) closest.set(one, link);
    }
  }
  return new Map([...closest].map(([one, { a, b }]) => [one, one === a ? b : a]));
}

function findingsOf(
  pictures: readonly HygienePicture[],
  columns: readonly DuplicateColumns[],
  { chance }: NearDuplicates,
): Finding[] {
  const by = chance.asked > 0 ? chance.found / chance.asked : 0;
  const baseline = {
    what: "pictures that are the same as another one upside down, which is chance",
    value: by,
    interval: wilsonInterval(chance.found, chance.asked),
  };
  const told = (
    kind: "duplicates" | "conflicting-labels" | "leak",
    has: (column: DuplicateColumns) => boolean,
    of: number,
    claim: (count: string) => string,
    other: (column: DuplicateColumns) => string | null = ({ duplicate_of }) => duplicate_of,
  ): Finding[] => {
    const which = [...columns.keys()].filter((i) => has(columns[i]));
    const concerned = which.map((i) => pictures[i]);
    const exact = which.filter((i) => columns[i].duplicate === "exact").length;
    if (concerned.length === 0 || (exact === 0 && concerned.length <= by * of)) return [];
    const share = concerned.length / of;
    const measured = {
      what: "pictures, of all that could be",
      value: share,
      interval: wilsonInterval(concerned.length, of),
    };
    return [
      finding({
        kind,
        label: null,
        claim: `${claim(plural(concerned.length, "picture"))} (${percent(share)})`,
        effect: measured,
        null: baseline,
        q: null,
        evidence: { exact, near: concerned.length - exact, "least similarity": SAME },
        pictures: concerned.map(({ path }) => path),
        others: which.map((i) => other(columns[i]) as string),
      }),
    ];
  };
  const splitted = pictures.filter(({ split }) => split !== null).length;
  const labelled = pictures.filter(({ truth }) => truth !== null).length;
  return [
    ...told(
      "leak",
      ({ leak }) => leak === true,
      splitted,
      (count) => `${count} have a duplicate in another split`,
      ({ leak_of }) => leak_of,
    ),
    ...told(
      "conflicting-labels",
      ({ conflicting }) => conflicting === true,
      labelled,
      (count) => `${count} have a duplicate with another label`,
    ),
    ...told(
      "duplicates",
      ({ duplicate }) => duplicate !== null,
      pictures.length,
      (count) => `${count} have a duplicate`,
    ),
  ];
}

import { benjaminiHochberg } from "../../core/multiple-testing.js";
import { type RankTest, rankTest } from "../../core/rank-test.js";
import { ranks } from "../../core/ranks.js";
import { type Finding, finding } from "../findings.js";
import type { HygieneColumns, HygienePicture } from "./types.js";

type QualityColumns = Pick<HygieneColumns, "dark" | "bright" | "blurred" | "grey" | "odd_aspect" | "low_information">;

const aspect = ({ width, height }: HygienePicture) => width / height;

/** What is odd about the pixels of a picture; `AuditRow` says what each measure is. */
export const qualityColumns = (picture: HygienePicture): QualityColumns => ({
  dark: picture.brightest < 0.25,
  bright: picture.darkest > 0.85,
  blurred: picture.sharpness < 0.012,
  grey: picture.saturation < 0.02,
  odd_aspect: Math.max(aspect(picture), 1 / aspect(picture)) > 3,
  low_information: picture.entropy < 3,
});

/** What may go with a class, and what pictures with more of it are. */
const MEASURES: readonly Measure[] = [
  { more: "brighter", less: "darker", of: ({ brightness }) => brightness },
  { more: "more colourful", less: "greyer", of: ({ saturation }) => saturation },
  { more: "sharper", less: "more blurred", of: ({ sharpness }) => sharpness },
  { more: "richer in tones", less: "poorer in tones", of: ({ entropy }) => entropy },
  { more: "wider", less: "narrower", of: aspect },
  { more: "larger", less: "smaller", of: ({ width, height }) => width * height },
];

interface Measure {
  /** What pictures with more of it are, and those with less. */
  readonly more: string;
  readonly less: string;
  of(picture: HygienePicture): number;
}

/** Fewer pictures of a class say nothing. */
const FEWEST = 8;
/** A measure tells a class from the others where so many pairs are in order, or so few. */
const LEAST_EFFECT = 0.9;
const MOST_CHANCE = 0.01;

/** The test is of having more of it than other pictures have. */
interface Association extends RankTest {
  readonly label: string;
  readonly measure: Measure;
  readonly pictures: readonly HygienePicture[];
}

/** Classes whose pictures differ from all others by what no class is about: a model may tell them by that. */
export function qualityFindings(pictures: readonly HygienePicture[]): Finding[] {
  const labelled = pictures.filter(({ truth }) => truth !== null);
  const labels = [...new Set(labelled.map(({ truth }) => truth as string))].sort();
  const all = MEASURES.flatMap((measure) => {
    const order = ranks(Float32Array.from(labelled, measure.of));
    return labels.flatMap((label) => association(labelled, order, label, measure) ?? []);
  });
  const qs = benjaminiHochberg(all.map(({ p }) => p));
  return all.flatMap((one, i) => {
    const strength = Math.max(one.auc, 1 - one.auc);
    return qs[i] < MOST_CHANCE && strength >= LEAST_EFFECT ? [described(one, qs[i], labelled.length)] : [];
  });
}

function association(
  labelled: readonly HygienePicture[],
  order: Float64Array,
  label: string,
  measure: Measure,
): Association | undefined {
  const pictures = labelled.filter(({ truth }) => truth === label);
  const [own, others] = [pictures.length, labelled.length - pictures.length];
  if (own < FEWEST || others < FEWEST) return undefined;
  return { label, measure, pictures, ...rankTest(order, (i) => labelled[i].truth === label) };
}

function described({ label, measure, auc, error, pictures }: Association, q: number, labelled: number): Finding {
  const { more, less } = measure;
  const spread = 0.5 + 1.96 * Math.sqrt((labelled + 1) / (12 * pictures.length * (labelled - pictures.length)));
  return finding({
    kind: "quality",
    label,
    claim: `Pictures of ${label} are ${auc > 0.5 ? more : less} than others: a model may tell them by that`,
    effect: {
      what: `probability that a picture of the class is ${more} than another one`,
      value: auc,
      interval: [Math.max(0, auc - 1.96 * error), Math.min(1, auc + 1.96 * error)],
    },
    null: { what: "the same where the class says nothing", value: 0.5, interval: [1 - spread, spread] },
    q,
    evidence: { measure: more },
    pictures: pictures.map(({ path }) => path),
  });
}

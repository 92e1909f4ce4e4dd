import { tallyOf, tallySql } from "../audit/labels/label-counts.js";
import type { LabelsFile } from "../audit/labels/labels-file.js";
import { answerLabelsSql, answersSql, calibrationOf } from "../audit/measures/calibration.js";
import { confusionOf, confusionSql } from "../audit/measures/confusion.js";
import type { Database } from "../platform/sql.js";
import type { Parameters } from "./conditions.js";
import type { Overview } from "./types.js";

/** Steps of confidence in the histograms. */
const STEPS = 20;
const SURPRISES = 10;

/**
 * What is to be said of the pictures of a condition.
 * @param where as {@link whereSql} makes it, with its parameters
 */
export async function overviewOf(
  database: Database,
  where: string,
  parameters: Parameters,
  {
    labels,
    ...about
  }: Pick<Overview, "findings" | "notLookedFor" | "notes" | "assumed"> & { readonly labels: LabelsFile | undefined },
): Promise<Overview> {
  return {
    ...(labels ? await labelsOf(database, where, parameters, labels) : await classesOf(database, where, parameters)),
    confidence: await histograms(database, where, parameters),
    leftOut: await leftOut(database, where, parameters),
    surprising: await surprising(database, where, parameters),
    ...about,
  };
}

type Answered = Pick<Overview, "confusion" | "calibration" | "labels">;

/** Of classes that exclude each other. */
async function classesOf(database: Database, where: string, { values }: Parameters): Promise<Answered> {
  const [probabilities, right, classes] = await database.numbers(answersSql("pictures", where), values);
  const labels = await database.query(answerLabelsSql("pictures", where), values);
  return {
    confusion: confusionOf((await database.query(confusionSql("pictures", where), values)).rows),
    calibration: calibrationOf({
      probabilities,
      right,
      classes,
      labels: labels.rows.map(({ prediction }) => String(prediction)),
    }),
    labels: null,
  };
}

async function labelsOf(
  database: Database,
  where: string,
  { values }: Parameters,
  { names, report }: LabelsFile,
): Promise<Answered> {
  const { rows } = await database.query(tallySql("pictures", where), values);
  return { confusion: null, calibration: null, labels: { ...tallyOf(rows, names), whole: report } };
}

async function histograms(database: Database, where: string, { values }: Parameters): Promise<Overview["confidence"]> {
  const { rows } = await database.query(
    `select correct, least(${STEPS - 1}, floor(probability * ${STEPS}))::integer as step, count(*)::double as pictures
     from pictures where probability is not null and (${where}) group by all`,
    values,
  );
  const counts = (correct: boolean | null) => {
    const all = new Array<number>(STEPS).fill(0);
    for (const row of rows) if (row.correct === correct) all[Number(row.step)] = Number(row.pictures);
    return all;
  };
  return { right: counts(true), wrong: counts(false), unknown: counts(null) };
}

/** Pictures that could not be looked at, by the code of their error. */
async function leftOut(database: Database, where: string, { values }: Parameters): Promise<Overview["leftOut"]> {
  const { rows } = await database.query(
    `select split_part(error, ':', 1) as code, count(*)::double as pictures, min(error) as example
     from pictures where error is not null and (${where}) group by 1 order by 2 desc, 1`,
    values,
  );
  return rows.map(({ code, pictures, example }) => ({
    code: String(code),
    pictures: Number(pictures),
    example: String(example),
  }));
}

/** Wrong answers by the probability that the truth was given, the least first. */
async function surprising(database: Database, where: string, { values }: Parameters): Promise<number[]> {
  const [ids] = await database.numbers(
    `select id::double from pictures where correct = false and (${where})
     order by truth_probability asc nulls last, probability desc, id limit ${SURPRISES}`,
    values,
  );
  return [...ids];
}

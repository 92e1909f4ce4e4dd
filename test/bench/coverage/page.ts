import { type Examined, hasFailed, type Loaded, type Made, type MethodOutcome, type Row, type Slope } from "./row.js";

/** Up to here the gradient counts as torch's, whatever torch's own in single precision is. */
export const SAME_GRADIENT = 1e-4;
/** So many times as far from double precision as torch's own in single precision is still rounding. */
const ROUNDING = 10;
const SAME_SCORES = 1e-3;
/** Central differences in double precision come this near, kinks of piecewise linear networks included. */
const SAME_SLOPE = 1e-2;
/** A level of a picture of bytes is 1/255, and no deviation is below .2. */
const SAME_PICTURE = 1e-4;

/** What is wrong with an architecture, in the order of the steps; empty where nothing is. */
export function faultsOf({ made, examined }: Row): string[] {
  if (hasFailed(made)) return [`torch does not export it: ${made.error}`];
  if (examined === undefined) return ["not examined"];
  if (hasFailed(examined)) return [examined.error];
  const { loaded, gradient, methods = {} } = examined as Examined;
  if (hasFailed(loaded)) return [`does not load: ${loaded.error}`];
  const { pictureError, scoreError } = loaded as Loaded;
  const failed = Object.entries(methods).flatMap(([name, outcome]) =>
    outcome.kind === "failed" ? [`${name}: ${outcome.reason}`] : [],
  );
  return [
    ...(pictureError <= SAME_PICTURE ? [] : [`the picture is prepared otherwise, by up to ${short(pictureError)}`]),
    ...(scoreError <= SAME_SCORES ? [] : [`the scores are others: relative error ${short(scoreError)}`]),
    ...((made as Made).differences <= SAME_SLOPE ? [] : ["torch's gradient is not what differences give"]),
    ...gradientFaults(gradient, made as Made),
    ...failed,
  ];
}

function gradientFaults(gradient: Slope | { error: string } | undefined, { float32, noise = 0 }: Made): string[] {
  if (gradient === undefined) return ["no gradient"];
  if (hasFailed(gradient)) return [`no gradient: ${gradient.error}`];
  const { relative } = gradient as Slope;
  if (relative <= Math.max(SAME_GRADIENT, ROUNDING * Math.max(float32 ?? 0, noise))) return [];
  return [`the gradient is another: relative error ${short(relative)}`];
}

const short = (value: number) => (value === 0 ? "0" : value.toExponential(0).replace("e-", "e−").replace("e+", "e"));
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
const table = (rows: readonly (readonly string[])[]) =>
  [rows[0], rows[0].map(() => "---"), ...rows.slice(1)].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function wellExamined(row: Row): (Examined & { loaded: Loaded }) | undefined {
  const { examined } = row;
  if (examined === undefined || hasFailed(examined) || hasFailed((examined as Examined).loaded)) return undefined;
  return examined as Examined & { loaded: Loaded };
}

const kinds = (methods: Readonly<Record<string, MethodOutcome>>, kind: MethodOutcome["kind"]) =>
  Object.values(methods).filter((outcome) => outcome.kind === kind).length;

function lineOf(row: Row): string[] {
  const { name, made } = row;
  const facts = hasFailed(made) ? undefined : (made as Made);
  const found = wellExamined(row);
  const slope = found?.gradient && !hasFailed(found.gradient) ? (found.gradient as Slope) : undefined;
  const methods = found?.methods ?? {};
  return [
    `\`${name}\``,
    facts?.family ?? "–",
    found?.loaded.input ?? `${row.size} pixels`,
    found?.loaded.layer ? `${found.loaded.layer.grid}, ${found.loaded.layer.kind}` : found ? "none" : "–",
    found ? `${found.loaded.layers}` : "–",
    slope ? short(slope.relative) : "–",
    facts?.float32 == null ? "–" : short(facts.float32),
    slope ? slope.cosine.toFixed(6) : "–",
    found ? `${kinds(methods, "ran")}, ${kinds(methods, "refused")}, ${kinds(methods, "failed")}` : "–",
    slope ? `${slope.milliseconds}` : "–",
  ];
}

const HEAD = [
  "network",
  "family",
  "input",
  "a CAM's layer",
  "layers",
  "gradient's error",
  "torch's, float32",
  "cosine",
  "methods: ran, refused, failed",
  "first gradient (ms)",
];

/** Names of the networks with what is wrong with them, those with most first. */
function faultTable(rows: readonly Row[]): string {
  const faulty = rows.map((row) => ({ row, faults: faultsOf(row) })).filter(({ faults }) => faults.length > 0);
  if (faulty.length === 0) return "None.";
  const order = faulty.sort((a, b) => b.faults.length - a.faults.length || a.row.name.localeCompare(b.row.name));
  return table([
    ["network", "what is wrong"],
    ...order.map(({ row, faults }) => [`\`${row.name}\``, faults.join("; ")]),
  ]);
}

/** Smallest and largest grid of a method's maps; one alone where all are the same. */
function resolutions(grids: readonly { width: number; height: number }[]): string {
  const sorted = [...grids].sort((a, b) => a.width * a.height - b.width * b.height);
  const texts = [sorted[0], sorted.at(-1) as (typeof sorted)[0]].map(({ width, height }) => `${width} × ${height}`);
  return [...new Set(texts)].join(" … ");
}

/** Method by method: on how many networks it ran, what its maps are like, and why the others refuse it. */
function methodTable(rows: readonly Row[]): string {
  const found = rows.flatMap((row) => {
    const methods = wellExamined(row)?.methods;
    return methods ? [methods] : [];
  });
  const names = [...new Set(found.flatMap((methods) => Object.keys(methods)))];
  const lines = names.map((name) => {
    const outcomes = found.flatMap((methods) => (methods[name] ? [methods[name]] : []));
    const ran = outcomes.flatMap((outcome) => (outcome.kind === "ran" ? [outcome] : []));
    const reasons = new Map<string, number>();
    for (const outcome of outcomes) {
      if (outcome.kind === "refused") reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1);
    }
    const failed = outcomes.filter(({ kind }) => kind === "failed").length;
    return [
      `[${name}](/methods/${name})`,
      `${ran.length}`,
      ran.length > 0 ? resolutions(ran) : "–",
      [...reasons].map(([reason, count]) => `${count}: ${reason}`).join("; ") || "–",
      `${failed}`,
    ];
  });
  return table([["method", "ran on", "its maps", "refused, and why", "failed"], ...lines]);
}

/** In one sentence what a reader takes home. */
function summary(rows: readonly Row[]): string {
  const families = new Set(rows.flatMap(({ made }) => (hasFailed(made) ? [] : [(made as Made).family])));
  const found = rows.flatMap((row) => wellExamined(row) ?? []);
  const layered = found.filter(({ loaded }) => loaded.layer !== undefined).length;
  const slopes = rows.filter(
    (row) =>
      wellExamined(row)?.gradient !== undefined &&
      gradientFaults(wellExamined(row)?.gradient, row.made as Made).length === 0,
  ).length;
  const outcomes = found.flatMap(({ methods = {} }) => Object.values(methods));
  const count = (kind: MethodOutcome["kind"]) => outcomes.filter((outcome) => outcome.kind === kind).length;
  return `Of ${plural(rows.length, "network")} of ${plural(families.size, "family", "families")}, ${found.length} load, ${layered} have a layer for a CAM, and ${slopes} ${slopes === 1 ? "has" : "have"} torch's gradient. Methods ran ${plural(count("ran"), "time")}, were refused with a reason ${plural(count("refused"), "time")}, and failed ${plural(count("failed"), "time")}. ${plural(rows.filter((row) => faultsOf(row).length > 0).length, "network has", "networks have")} a fault.`;
}

/** docs/coverage.md: what became of every architecture, what is wrong first. @param pending names of those without a row */
export function coveragePage(rows: readonly Row[], pending: readonly string[] = []): string {
  const versions = new Map(rows.flatMap(({ versions }) => Object.entries(versions)));
  const dates = rows.map(({ date }) => date).sort();
  const days = [...new Set([dates[0], dates.at(-1) as string])].join(" to ");
  const faulty = new Set(rows.filter((row) => faultsOf(row).length > 0));
  const byName = [...rows].sort(
    (a, b) => Number(faulty.has(b)) - Number(faulty.has(a)) || a.name.localeCompare(b.name),
  );
  const tools = [...versions].map(([name, version]) => `${name} ${version}`).join(", ");
  return `# Coverage: which networks work

${summary(rows)}

\`PEER_PYTHON=… npm run coverage\` wrote this page (${days}; ${tools}). Python needs torch, timm and onnx. Networks are timm's, at least one of
each of its modules that makes classifiers, with random weights from seed 0, many with fewer blocks and a smaller input than their names
say (\`test/fixtures/coverage/architectures.json\`), exported by torch to ONNX.

- **Gradient's error** is ‖found − torch‖ / ‖torch‖, for the likeliest class's logit by the pixels of a photograph, against torch's autograd in
  double precision, which central differences confirm: where they do not, as beside a kink, the photograph is mirrored or turned. Batch normalisation is
  written out there. Up to ${short(SAME_GRADIENT)}, or ${ROUNDING} times what torch's own is off by in single precision, or in double precision beside noise of 3e−6 in the picture, counts as the same.
- **Methods** are all of \`methods()\`, each with the fewest passes that it takes: whether it runs is asked, not how good its map is. One that
  gives values that are no numbers has failed. So has one that \`model.info.methods\` announces otherwise than it turns out.
- **The first gradient** counts from the loaded model: surgery, session and pass. Times are of the machine and load of that day.

${pending.length > 0 ? `Not examined yet, so that the command goes on with them: ${pending.map((name) => `\`${name}\``).join(", ")}.\n\n` : ""}## What is wrong

${faultTable(rows)}

## Networks

${table([HEAD, ...byName.map(lineOf)])}

## Methods

${methodTable(rows)}
`;
}

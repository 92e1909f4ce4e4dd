import { pearson, sum } from "../../src/core/statistics.js";
import { explain } from "../../src/explain/explain.js";
import type { ExplainOptions } from "../../src/explain/options.js";
import { loadModel } from "../../src/load-model.js";
import type { Model } from "../../src/model/types.js";
import { median, printTable } from "./measure.js";
import { elevenPhotographs, PHOTOGRAPHS, picturesOf } from "./photographs.js";

const EVEN = 50;
/** Even steps of the map that the others are compared with. */
const MOST = 256;

/**
 * Backward passes that integrated gradients take to a completeness gap of 1 %, steps placed by the score's curve beside
 * even ones, and how like each map is to that of 256 even steps. `--eleven` takes six photographs of scikit-image and
 * scikit-learn (PEER_PYTHON) beside the notebooks', `--folder=…` those of a folder.
 */
export async function bench(flags: readonly string[] = []): Promise<void> {
  const folder = flags.find((flag) => flag.startsWith("--folder="))?.slice("--folder=".length);
  await using model = await loadModel("efficientnet-lite0");
  const own = flags.includes("--eleven") ? elevenPhotographs() : [...PHOTOGRAPHS];
  const rows: Row[] = [];
  for (const picture of [...own, ...(folder ? picturesOf(folder) : [])]) rows.push(await row(model, picture));
  const middle = (key: (typeof KEYS)[number]) => median(rows.map((each) => each[key]));
  printTable([...rows, { picture: "median", ...Object.fromEntries(KEYS.map((key) => [key, middle(key)])) }]);
  const of = `median of ${rows.length} photographs`;
  const even = `even, ${EVEN}: gap (%)` as const;
  console.log();
  printTable([
    { what: `passes to a gap of 1 %, ${of}`, measured: middle("passes to 1 %"), goal: "≤ 20" },
    { what: `gap of ${EVEN} even steps (%), ${of}`, measured: middle(even), goal: "–" },
  ]);
}

const KEYS = [
  "passes to 1 %",
  "even, as many: gap (%)",
  `even, ${EVEN}: gap (%)`,
  "placed: r",
  "even, as many: r",
  `even, ${EVEN}: r`,
] as const;

type Row = { readonly picture: string } & Readonly<Record<(typeof KEYS)[number], number>>;

async function row(model: Model, picture: string): Promise<Row> {
  const { tensor } = await model.prepare(picture);
  const { data: scores } = await model.run(tensor);
  const target = scores.indexOf(Math.max(...scores));
  const difference = scores[target] - (await model.run(model.fill([0, 0, 0]))).data[target];
  const mapOf = async (options: object) => {
    const settings = { method: "integrated-gradients", targets: target, ...options };
    const explanation = await explain(model, tensor, settings as ExplainOptions<"integrated-gradients">);
    const { data } = explanation.map(target);
    return { data, passes: explanation.provenance.backwardPasses, gap: 100 * Math.abs(1 - sum(data) / difference) };
  };
  const many = await mapOf({ steps: MOST });
  const placed = await mapOf({ until: { completeness: 0.01 } });
  const [same, even] = [await mapOf({ steps: placed.passes }), await mapOf({ steps: EVEN })];
  return {
    picture: picture.split(/[\\/]/).at(-1) as string,
    "passes to 1 %": placed.passes,
    "even, as many: gap (%)": same.gap,
    [`even, ${EVEN}: gap (%)`]: even.gap,
    "placed: r": pearson(placed.data, many.data),
    "even, as many: r": pearson(same.data, many.data),
    [`even, ${EVEN}: r`]: pearson(even.data, many.data),
  };
}

import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../browser/support.js";

const LOAD = `import { explain, loadModel, visualize } from "sightline";
const model = await loadModel("efficientnet-lite0");`;

/** Notebooks of the benchmark, by name: the code of their cells. */
const CELLS = {
  "first-map": [`${LOAD}\nawait visualize(await explain(model, "camera.png"));`],
  classroom: [
    `import { explain, loadModel, visualize } from "sightline";
import { classroom } from "sightline/classroom";
const model = await loadModel(classroom.models.honest.url, classroom.models.honest.options);
const [{ image }] = classroom.pictures({ count: 1, seed: 1 });
await visualize(await explain(model, image));`,
  ],
  pass: [
    `import { loadModel } from "sightline";
const model = await loadModel("efficientnet-lite0");
const { tensor } = await model.prepare("camera.png");
let fastest = Infinity;
for (let i = 0; i < 20; i++) fastest = Math.min(fastest, (await model.observe(tensor, { layers: [] })).milliseconds!);
fastest;`,
  ],
  viewer: [
    `${LOAD}\nimport { SaliencyViewer } from "sightline/widgets";\nnew SaliencyViewer(await explain(model, "camera.png"));`,
  ],
  interrupt: [LOAD, 'await explain(model, "camera.png", { method: "rise", masks: 20_000 });', "while (true);"],
} as const;

export type BenchNotebook = keyof typeof CELLS;

/** Writes them, and the picture that they look at. */
export async function writeNotebooks(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(join(root, "notebooks/images/camera.png"), join(folder, "camera.png"));
  for (const [name, sources] of Object.entries(CELLS)) {
    const cells = sources.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      execution_count: null,
      metadata: {},
      outputs: [],
      source,
    }));
    const kernelspec = { name: "sightline", display_name: "TypeScript (Sightline)", language: "typescript" };
    const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
    await writeFile(join(folder, `${name}.ipynb`), JSON.stringify(notebook));
  }
}

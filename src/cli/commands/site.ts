import type { Command } from "commander";
import { interruptSignal, print, progressLine } from "../terminal.js";

interface SiteFlags {
  /** False for none. */
  readonly notebooks?: string | false;
  readonly playground?: boolean;
  readonly model: string | false;
  readonly title: string;
}

export function addSite(program: Command): void {
  program
    .command("site")
    .argument("<out>", "the folder to write")
    .description("write notebooks as a static site that runs in the visitor's browser, with nothing to install")
    .option("--notebooks <folder>", "your notebooks, with the pictures and files they need (default: the lessons)")
    .option("--playground", "visitors begin with a page for their own model and picture; notebooks are listed below it")
    .option("--no-notebooks", "that page alone, without notebooks and JupyterLite")
    .option(
      "--model <name>",
      "catalog name of a model, or an .onnx file that cells load by its name",
      "efficientnet-lite0",
    )
    .option("--no-model", "the classroom's small models alone")
    .option("--title <title>", "title of the site", "Sightline")
    .action(site);
}

async function site(out: string, { notebooks, playground, model, title }: SiteFlags): Promise<void> {
  const [{ buildSite }, { lessonsFolder }] = await Promise.all([
    import("../../export/site/build-site.js"),
    import("../start/lessons.js"),
  ]);
  const line = progressLine();
  try {
    await buildSite(out, {
      notebooks: notebooks || lessonsFolder(),
      playground: notebooks === false ? "alone" : playground ? "first" : undefined,
      model: model || undefined,
      title,
      signal: interruptSignal(),
      onProgress: (text) => line.show(`writing ${text}`),
    });
  } finally {
    line.end();
  }
  print(`${out}: put this folder on any web server, or try it: npx serve ${out}`);
}

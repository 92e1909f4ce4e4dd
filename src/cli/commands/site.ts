import type { Command } from "commander";
import { interruptSignal, print, progressLine } from "../terminal.js";

interface SiteFlags {
  readonly notebooks?: string;
  readonly model: string;
  readonly title: string;
}

export function addSite(program: Command): void {
  program
    .command("site <out>")
    .description("write notebooks as a static site that runs in the visitor's browser, with nothing to install")
    .option("--notebooks <folder>", "your notebooks, with the pictures and files they need (default: the lessons)")
    .option(
      "--model <name>",
      "catalog name of a model, or an .onnx file that cells load by its name",
      "efficientnet-lite0",
    )
    .option("--title <title>", "title of the site", "Sightline")
    .action(site);
}

async function site(out: string, { notebooks, model, title }: SiteFlags): Promise<void> {
  const [{ buildSite }, { lessonsFolder }] = await Promise.all([
    import("../../export/site/build-site.js"),
    import("../start/lessons.js"),
  ]);
  const line = progressLine();
  try {
    await buildSite(out, {
      notebooks: notebooks ?? lessonsFolder(),
      model,
      title,
      signal: interruptSignal(),
      onProgress: (text) => line.show(`writing ${text}`),
    });
  } finally {
    line.end();
  }
  print(`${out}: put this folder on any web server, or try it: npx serve ${out}`);
}

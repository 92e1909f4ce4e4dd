import type { Command } from "commander";
import { interruptSignal, print } from "../terminal.js";

export function addConvert(program: Command): void {
  program
    .command("convert")
    .argument("<source>", "an OpenVINO .xml file, or a model of the catalog")
    .argument("<target>", "the .onnx file to write")
    .description("convert OpenVINO IR (.xml with its .bin beside it) or a catalog model to ONNX")
    .action(convert);
}

async function convert(source: string, target: string): Promise<void> {
  const { resolveModel } = await import("../../model/source.js");
  const { files } = await import("#platform/files");
  const { withFacts } = await import("../../model/model-facts.js");
  const model = await resolveModel(source, { signal: interruptSignal() });
  await files.writeFileAtomic(target, withFacts(model.graph, model).serialize());
  print(target);
}

import type { Command } from "commander";
import { jsonOption, labelsOption, type ModelChoice, modelOption, outputOption, preprocessOption } from "../options.js";
import { interruptSignal, print, printRows, report } from "../terminal.js";

export function addDevice(program: Command): void {
  const device = program
    .command("device")
    .description("measure what models can run on here, and install CUDA's libraries");
  device
    .command("list", { isDefault: true })
    .description("list the devices, with a model's speed on each and how near its answers are to the processor's")
    .addOption(modelOption())
    .addOption(labelsOption())
    .addOption(outputOption())
    .addOption(preprocessOption())
    .addOption(jsonOption())
    .action(listDevices);
  device
    .command("install")
    .argument("<name>", "cuda, for NVIDIA's cards on Linux")
    .description("fetch onnxruntime's libraries for a device into the cache (247 MB), verify and unpack them")
    .action(install);
}

type ListFlags = Omit<ModelChoice, "device"> & { readonly json?: boolean };

async function listDevices({ json, ...choice }: ListFlags): Promise<void> {
  const { measureDevices } = await import("../measure-devices.js");
  const rows = [];
  for await (const row of measureDevices(choice, interruptSignal())) rows.push(row);
  printRows(rows, json);
}

async function install(name: string): Promise<void> {
  const { SightlineError } = await import("../../core/errors.js");
  if (name !== "cuda") {
    throw new SightlineError("not-supported", `there is nothing to install for '${name}'`, {
      received: name,
      expected: "cuda",
      next: "`npx sightline device` says what each device lacks",
    });
  }
  const { installCuda, missingDevice } = await import("#platform/devices");
  report("fetching onnxruntime's CUDA libraries, 247 MB");
  print(await installCuda({ signal: interruptSignal() }));
  const missing = await missingDevice("cuda");
  if (missing) report(`'cuda' cannot be used yet: ${missing.why}: ${missing.next}`);
}

import { createRequire } from "node:module";
import { Executor, type TypeErrors } from "../executor.js";
import { InterruptSignals } from "../interrupt-signals.js";
import { Kernel } from "../kernel.js";
import type { Connection } from "../zeromq/connection.js";
import { ZeroMqTransport } from "../zeromq/zeromq-transport.js";
import { hideAsyncInternals } from "./hide-async-internals.js";
import { NodeCellRuntime } from "./node-cell-runtime.js";
import { exitProcess, log, takeOverProcess } from "./take-over-process.js";

export interface StartKernelOptions {
  /** Folder of the notebook. */
  folder: string;
  typeErrors: TypeErrors;
}

const { version: typescriptVersion } = createRequire(import.meta.url)(
  "../../platform/node/typescript/package.json",
) as { version: string };

/** Makes this process a kernel that answers the front end of a connection. */
export async function startKernel(connection: Connection, options: StartKernelOptions): Promise<Kernel> {
  const { folder, typeErrors } = options;
  const signals = new InterruptSignals();
  const transport = new ZeroMqTransport(connection, signals, { log, died: () => exitProcess(1) });
  const language = lazy(async () => {
    const [{ CellLanguage }, { nodeFiles }] = await Promise.all([
      import("../language/service.js"),
      import("./node-files.js"),
    ]);
    return new CellLanguage(nodeFiles(folder));
  });
  const runtime = new NodeCellRuntime(folder, signals);
  const kernel = new Kernel({
    transport,
    executor: new Executor(runtime, language, signals, typeErrors),
    language,
    info: { platform: `Node ${process.versions.node}`, typescriptVersion },
    log,
    exit: exitProcess,
  });
  runtime.sourceMaps.install();
  hideAsyncInternals();
  takeOverProcess(kernel, signals);
  await kernel.start();
  return kernel;
}

function lazy<T>(create: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= create();
    return value;
  };
}

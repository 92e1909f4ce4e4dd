/** The worker of the browser edition's kernel: the page starts it and hands it the messages of the notebook. */
import { format } from "node-inspect-extracted";
import { Executor } from "../kernel/executor.js";
import { InterruptSignals } from "../kernel/interrupt-signals.js";
import { Kernel } from "../kernel/kernel.js";
import { useDrive } from "../platform/browser/files.js";
import { siteUrl, useSite } from "../platform/browser/site.js";
import { PageCellRuntime } from "./page-cell-runtime.js";
import { PageDrive } from "./page-drive.js";
import { pageLanguageFiles, type TypesBundle } from "./page-language-files.js";
import { PageTransport } from "./page-transport.js";
import type { FromKernel, ToKernel } from "./worker-messages.js";

interface WorkerScope {
  onmessage: ((event: { data: ToKernel }) => void) | null;
  postMessage(message: FromKernel, transfer?: Transferable[]): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = (message: FromKernel, transfer: readonly ArrayBuffer[] = []) => scope.postMessage(message, [...transfer]);
const ownConsole = { error: console.error.bind(console) };
/** Slots of `InterruptSignals`, in bytes. */
const SIGNAL_BYTES = 16;

async function startKernel({ site, folder, signals: shared }: Extract<ToKernel, { kind: "start" }>): Promise<void> {
  useSite(site);
  const drive = new PageDrive(post);
  useDrive(drive, folder);
  const transport = new PageTransport(post);
  // without isolation there is no shared memory: interrupts then arrive between two turns of the event loop
  const signals = new InterruptSignals(shared ?? (new ArrayBuffer(SIGNAL_BYTES) as unknown as SharedArrayBuffer));
  let loading: ReturnType<typeof loadLanguage> | undefined;
  const language = () => {
    loading ??= loadLanguage();
    return loading;
  };
  const { ts } = await import("#platform/typescript");
  const kernel = new Kernel({
    transport,
    executor: new Executor(new PageCellRuntime(folder), language, signals, "error"),
    language,
    info: { platform: navigator.userAgent, typescriptVersion: ts.version },
    log: (text) => ownConsole.error(`[sightline] ${text}`),
    exit: () => scope.close(),
  });
  catchOutput(kernel);
  catchErrors(kernel);
  await kernel.start();
  scope.onmessage = ({ data }) => {
    if (data.kind === "message") transport.receive(data.channel, data.message);
    else if (data.kind === "interrupt") kernel.interrupt();
    else if (data.kind === "file" || data.kind === "names") drive.answer(data);
  };
  for (const data of early.splice(0)) scope.onmessage({ data });
  await kernel.warmUp();
  await import("../widgets/progress-panel.js");
}

async function loadLanguage() {
  const [{ CellLanguage }, answer] = await Promise.all([
    import("../kernel/language/service.js"),
    fetch(siteUrl("types.json")),
  ]);
  return new CellLanguage(pageLanguageFiles((await answer.json()) as TypesBundle));
}

/** What is printed goes to the cell that prints. */
function catchOutput(kernel: Kernel): void {
  const streams = { log: "stdout", info: "stdout", debug: "stdout", warn: "stderr", error: "stderr" } as const;
  for (const [name, stream] of Object.entries(streams)) {
    console[name as keyof typeof streams] = (...values: unknown[]) => kernel.print(stream, `${format(...values)}\n`);
  }
}

function catchErrors(kernel: Kernel): void {
  addEventListener("error", (event) => {
    event.preventDefault();
    kernel.showError(event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    kernel.showError(event.reason);
  });
}

/** What arrives while the kernel is being put together. */
const early: ToKernel[] = [];

scope.onmessage = ({ data }) => {
  if (data.kind === "start") void startKernel(data).catch((error) => ownConsole.error(error));
  else early.push(data);
};

/** The worker of the browser edition's kernel: the page starts it and hands it the messages of the notebook. */
import { format } from "node-inspect-extracted";
import { Executor } from "../kernel/executor.js";
import { InterruptSignals } from "../kernel/interrupt-signals.js";
import { Kernel } from "../kernel/kernel.js";
import type { CellLanguage } from "../kernel/language/service.js";
import { loadCompiler } from "../platform/browser/compiler.js";
import { readAhead, useDrive } from "../platform/browser/files.js";
import { siteUrl, useSite } from "../platform/browser/site.js";
import { prepareThread } from "../platform/browser/threads.js";
import { loadModule } from "./cell-modules.js";
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
/** What nearly every notebook imports. */
const USUAL_MODULES = ["sightline"];
/** What drawing a map reads. */
const USUAL_ASSETS = [
  "image/resample.wasm",
  ...[400, 600].map((weight) => `render/fonts/inter-latin-${weight}-normal.woff`),
];
/** Slots of `InterruptSignals`, in bytes. */
const SIGNAL_BYTES = 16;

/** What the library and the kernel import when it is first needed, as nearly every notebook does. */
const LATER_MODULES: readonly (() => Promise<unknown>)[] = [
  () => import("../model/load.js"),
  () => import("../render/opentype.js"),
  () => import("../widgets/progress-panel.js"),
];

/** Milliseconds without a question after which TypeScript rests: all kernels of a page share its memory. */
const LANGUAGE_RESTS_AFTER = 120_000;

let loading: Promise<CellLanguage> | undefined;
let resting: ReturnType<typeof setTimeout> | undefined;

function language(): Promise<CellLanguage> {
  clearTimeout(resting);
  resting = setTimeout(() => {
    loading?.then((one) => one.rest()).catch(() => {});
  }, LANGUAGE_RESTS_AFTER);
  loading ??= loadLanguage().catch((error) => {
    // the next cell tries again
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Loads what takes its time while the page is still being built. What fails is said where it is needed. */
function prepare({ site, files }: Extract<ToKernel, { kind: "prepare" }>): void {
  useSite(site);
  prepareThread("model/session-thread");
  readAhead([...files, ...USUAL_ASSETS.map((name) => `assets/${name}`)]);
  language().catch(() => {});
  for (const specifier of USUAL_MODULES) loadModule(specifier).catch(() => {});
  for (const load of LATER_MODULES) load().catch(() => {});
}

async function startKernel({ folder, signals: shared }: Extract<ToKernel, { kind: "start" }>): Promise<void> {
  const drive = new PageDrive(post);
  useDrive(drive, folder);
  const transport = new PageTransport(post);
  // without isolation there is no shared memory: interrupts then arrive between two turns of the event loop
  const signals = new InterruptSignals(shared ?? (new ArrayBuffer(SIGNAL_BYTES) as unknown as SharedArrayBuffer));
  await loadCompiler();
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
}

async function loadLanguage(): Promise<CellLanguage> {
  const [answer] = await Promise.all([fetch(siteUrl("types.json")), loadCompiler()]);
  const { CellLanguage } = await import("../kernel/language/service.js");
  const language = new CellLanguage(pageLanguageFiles((await answer.json()) as TypesBundle));
  language.warmUp(USUAL_MODULES);
  return language;
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
  if (data.kind === "prepare") prepare(data);
  else if (data.kind === "start") void startKernel(data).catch((error) => ownConsole.error(error));
  else early.push(data);
};

/** What JupyterLite loads: a container by hand (Webpack's module federation) whose one module registers the kernel. */

import { keepSite } from "../offline/register.js";
import type {
  Application,
  KernelClient,
  KernelCreation,
  KernelSpecs,
  LatexTypesetter,
  SignalClass,
} from "./jupyterlite.js";
import { prepareWorker, WorkerKernel } from "./worker-kernel.js";

/** Name of the setting, and what it holds: path of a notebook → files below `sightline/`. */
const FILES_AHEAD = "sightlineFilesAhead";
type FilesAhead = Readonly<Record<string, readonly string[]>>;

/** Modules that the page shares, by name and version. */
type ShareScope = Record<string, Record<string, { get(): Promise<() => unknown> | (() => unknown) }>>;

let scope: ShareScope = {};
const here = (document.currentScript as HTMLScriptElement).src;
/** This file is extensions/sightline-kernel/static/…; the site's own folder lies at the top. */
const top = new URL("../../../", here);
const site = new URL("sightline/", top);

/** The worker of the first kernel, which loads while JupyterLab does. */
let prepared: Worker | undefined = prepareWorker(site, filesAhead());

/** Files that the notebook of this page is going to read, as the page's settings name them. */
function filesAhead(): readonly string[] {
  const settings = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  const ahead = settings[FILES_AHEAD] as FilesAhead | undefined;
  const notebook = new URLSearchParams(location.search).get("path");
  return (notebook && ahead && Object.hasOwn(ahead, notebook) && ahead[notebook]) || [];
}

async function shared<T>(name: string): Promise<T> {
  const versions = scope[name] ?? {};
  const newest = Object.keys(versions)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  if (newest === undefined) throw new Error(`Sightline's kernel needs ${name}, which this page does not share`);
  return (await versions[newest].get())() as T;
}

const SPEC = {
  name: "sightline",
  display_name: "TypeScript (Sightline)",
  language: "typescript",
  argv: [],
  resources: {
    "logo-32x32": new URL("logo/logo-32x32.png", site).href,
    "logo-64x64": new URL("logo/logo-64x64.png", site).href,
    "logo-svg": new URL("logo/logo-svg.svg", site).href,
  },
  interrupt_mode: "message",
  metadata: {},
};

interface Tokens {
  readonly IKernelSpecs: unknown;
  readonly IKernelClient: unknown;
  readonly ILatexTypesetter: unknown;
}

function pluginOf(tokens: Tokens, Signal: SignalClass) {
  return {
    id: "sightline-kernel:plugin",
    autoStart: true,
    requires: [tokens.IKernelSpecs, tokens.IKernelClient],
    optional: [tokens.ILatexTypesetter],
    activate(
      { serviceManager: { contents } }: Application,
      specs: KernelSpecs,
      client: KernelClient,
      latex: LatexTypesetter | null,
    ): void {
      if (latex) typesetOnlyMathematics(latex);
      const kernels = new Map<string, WorkerKernel>();
      // JupyterLite's own client never tells a kernel of an interrupt
      const interruptOthers = client.interrupt.bind(client);
      client.interrupt = async (id) => {
        const kernel = kernels.get(id);
        if (kernel && !kernel.isDisposed) kernel.interrupt();
        else await interruptOthers(id);
      };
      specs.register({
        spec: SPEC,
        async create(options: KernelCreation) {
          const worker = prepared ?? prepareWorker(site);
          prepared = undefined;
          const kernel = new WorkerKernel(options, { worker, contents, Signal });
          kernels.set(options.id, kernel);
          return kernel;
        },
      });
    },
  };
}

/** JupyterLab asks for every text, whether or not there is mathematics in it, and so loads MathJax always. */
function typesetOnlyMathematics(latex: LatexTypesetter): void {
  const typeset = latex.typeset.bind(latex);
  latex.typeset = (element) => (/[$\\]/.test(element.textContent ?? "") ? typeset(element) : undefined);
}

const container = {
  init(shareScope: ShareScope): void {
    scope = shareScope;
  },
  async get(): Promise<() => unknown> {
    const { IKernelSpecs, IKernelClient } = await shared<Omit<Tokens, "ILatexTypesetter">>("@jupyterlite/services");
    const { ILatexTypesetter } = await shared<Pick<Tokens, "ILatexTypesetter">>("@jupyterlab/rendermime");
    const { Signal } = await shared<{ Signal: SignalClass }>("@lumino/signaling");
    const plugin = pluginOf({ IKernelSpecs, IKernelClient, ILatexTypesetter }, Signal);
    return () => ({ __esModule: true, default: plugin });
  },
};

const page = globalThis as { _JUPYTERLAB?: Record<string, unknown> };
page._JUPYTERLAB ??= {};
page._JUPYTERLAB["sightline-kernel"] = container;
void keepSite(top);

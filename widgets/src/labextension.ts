import { provideCharts, runFrom } from "./plotly.js";

/** Modules that the page shares, by name and version (Webpack's module federation, as JupyterLab uses it). */
type ShareScope = Record<string, Record<string, { get(): Promise<() => unknown> | (() => unknown) }>>;

/** Where the bundle's `require` finds what the page shares; the build declares it around this file. */
declare const shared: { base?: unknown };

let scope: ShareScope = {};
const folder = new URL(".", (document.currentScript as HTMLScriptElement).src);

provideCharts(() => runFrom(new URL("__PLOTLY_FILE__", folder).href));

/** A module that the page shares, in its newest version; undefined where it shares none. */
async function newestOf(module: string): Promise<unknown> {
  const versions = scope[module] ?? {};
  const version = Object.keys(versions)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  return version === undefined ? undefined : (await versions[version].get())();
}

const container = {
  init(shareScope: ShareScope): void {
    scope = shareScope;
  },
  async get(module: string): Promise<() => unknown> {
    if (module !== "./extension") throw new Error(`sightline has no module ${module}`);
    shared.base = await newestOf("@jupyter-widgets/base");
    if (shared.base === undefined) {
      throw new Error("sightline's widgets need the Jupyter widget manager (jupyterlab_widgets)");
    }
    const { ICommandPalette } = ((await newestOf("@jupyterlab/apputils")) ?? {}) as { ICommandPalette?: object };
    const { plugin, classModePlugin } = await import("./plugin.js");
    return () => ({ __esModule: true, default: [plugin, classModePlugin(ICommandPalette)] });
  },
};

const page = globalThis as { _JUPYTERLAB?: Record<string, unknown> };
page._JUPYTERLAB ??= {};
page._JUPYTERLAB.sightline = container;

import { bytesOf, type Comm } from "./model.js";

/** The part of Plotly that charts use. */
export interface PlotlyApi {
  newPlot(el: HTMLElement, data: readonly object[], layout: object, config: object): Promise<unknown>;
  purge(el: HTMLElement): void;
  Plots: { resize(el: HTMLElement): void };
}

const page = globalThis as { SightlinePlotly?: PlotlyApi };
let provided: (() => Promise<void>) | undefined;
let loading: Promise<PlotlyApi> | undefined;

/** Sets where the charts' code comes from; the wrappers call it. */
export function provideCharts(load: () => Promise<void>): void {
  provided = load;
}

/** Runs a script that lies somewhere else. */
export function runFrom(url: string): Promise<void> {
  return new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => done();
    script.onerror = () => fail(new Error("the charts could not be loaded"));
    document.head.append(script);
  });
}

/** Plotly, loaded the first time it is needed: from the page, from where the wrapper came from, or from the kernel. */
export function plotly(comm: Comm): Promise<PlotlyApi> {
  loading ??= load(comm).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(comm: Comm): Promise<PlotlyApi> {
  const inPage = document.getElementById("sightline-plotly")?.textContent;
  if (!page.SightlinePlotly) {
    if (inPage) run(inPage);
    else if (provided) await provided();
    else run(await fromKernel(comm));
  }
  if (!page.SightlinePlotly) throw new Error("the charts could not be loaded");
  return page.SightlinePlotly;
}

function run(source: string): void {
  const script = document.createElement("script");
  script.textContent = source;
  document.head.append(script);
  script.remove();
}

function fromKernel(comm: Comm): Promise<string> {
  return new Promise((done, fail) => {
    const end = () => {
      clearTimeout(patience);
      comm.off("msg:custom", listener);
    };
    const patience = setTimeout(() => {
      end();
      fail(new Error("no kernel to load the charts from"));
    }, 15_000);
    const listener = (content: { type?: string }, buffers: readonly unknown[]) => {
      if (content.type !== "charts") return;
      end();
      done(new TextDecoder().decode(bytesOf(buffers[0])));
    };
    comm.on("msg:custom", listener);
    comm.send({ type: "charts" });
  });
}

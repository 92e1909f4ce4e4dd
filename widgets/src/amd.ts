import { provideCharts, runFrom } from "./plotly.js";

/** What the module loader knows of this module; the build declares it around this file. */
declare const loaded: { uri?: string };

// a page that shows a saved notebook fetches this file from a server of npm packages, and the charts from beside it
if (loaded.uri && /^https?:/.test(loaded.uri)) {
  const beside = new URL("plotly.js", loaded.uri).href;
  provideCharts(() => runFrom(beside));
}

export { MODULE_NAME, MODULE_VERSION, SightlineModel, SightlineView } from "./jupyter.js";

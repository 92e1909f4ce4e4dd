import { provideCharts, runFrom } from "./plotly.js";

/** What the module loader knows of this module; the build declares it around this file. */
declare const loaded: { uri?: string };

// a page that shows a saved notebook fetches this file from a server of npm packages, and the charts from the same package
if (loaded.uri && /^https?:/.test(loaded.uri)) {
  const charts = new URL("src/widgets/browser/plotly.js", loaded.uri).href;
  provideCharts(() => runFrom(charts));
}

export { MODULE_NAME, MODULE_VERSION, SightlineModel, SightlineView } from "./jupyter.js";

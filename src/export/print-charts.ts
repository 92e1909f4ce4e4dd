import type { PageScripts } from "./page-scripts.js";

/** Lets charts, which are drawn for the screen's width, shrink to the paper's. */
export function printableCharts(scripts: PageScripts): string {
  return `<style>${STYLE}</style>${scripts.run(SCRIPT)}`;
}

const SCRIPT = `addEventListener("beforeprint", () => {
  for (const svg of document.querySelectorAll(".main-svg")) {
    svg.setAttribute("viewBox", "0 0 " + svg.width.baseVal.value + " " + svg.height.baseVal.value);
  }
});`;

const STYLE = "@media print{.svg-container,.main-svg{width:100%!important}.main-svg{height:auto!important}}";

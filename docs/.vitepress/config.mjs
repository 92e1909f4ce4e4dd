import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const generated = JSON.parse(readFileSync(new URL("./generated.json", import.meta.url), "utf8"));
const pages = (folder, list) => list.map(([text, name]) => ({ text, link: `/${folder}${name}` }));

const howTo = [
  { text: "Work", items: pages("", [["Audit a folder", "audit"]]) },
  { text: "Extend", items: pages("", [["A method", "contributing"]]) },
];

const results = [
  {
    text: "Measured",
    items: pages("", [
      ["Truth: known answers", "truth"],
      ["Black box: results", "black-box"],
    ]),
  },
  {
    text: "How it works",
    items: pages("", [
      ["Metrics at the edges", "evaluation"],
      ["The kernel", "kernel"],
      ["The house", "architecture"],
    ]),
  },
];

export default {
  title: "Sightline",
  description: "What does an image classifier look at, and should you believe it?",
  lang: "en",
  base: process.env.DOCS_BASE ?? "/",
  lastUpdated: false,
  markdown: { theme: { light: "github-light-high-contrast", dark: "github-dark" } },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      { text: "Start", link: "/start" },
      { text: "Methods", link: "/methods/" },
      { text: "How to", link: "/audit" },
      { text: "Results", link: "/truth" },
      { text: "Reference", link: "/reference/" },
      { text: version, items: [{ text: "Changelog", link: "/changelog" }] },
    ],
    sidebar: {
      "/start": [],
      "/changelog": [],
      "/methods/": generated.methods,
      "/reference/": generated.reference,
      "/errors": generated.reference,
      "/how-to/": howTo,
      "/migration/": howTo,
      "/audit": howTo,
      "/contributing": howTo,
      "/": results,
    },
    docFooter: { prev: false, next: false },
    footer: { message: "Apache-2.0" },
  },
};

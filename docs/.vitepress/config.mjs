import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const generated = JSON.parse(readFileSync(new URL("./generated.json", import.meta.url), "utf8"));
const pages = (folder, list) => list.map(([text, name]) => ({ text, link: `/${folder}${name}` }));

const howTo = [
  { text: "Your own model", items: pages("how-to/", [["Every tool's", "own-model"], ["Detectors", "detectors"], ["Words as classes", "words"], ["Train one", "train"]]) },
  { text: "Work", items: pages("", [["An audit in a morning", "how-to/morning"], ["Audit a folder", "audit"], ["Concepts", "concepts"], ["Pictures that explain", "examples"], ["Teach a class", "how-to/classroom"], ["For teachers", "teachers/"], ["Class mode", "how-to/class-mode"], ["Exercises", "exercises"], ["Glossary", "glossary"]]) },
  { text: "Extend", items: pages("", [["A method", "contributing"], ["A metric", "how-to/metric"], ["A widget", "how-to/widget"]]) },
  {
    text: "Coming from",
    items: pages("migration/", [["OpenVINO XAI", "openvino-xai"], ["Google's explanations", "google"]]),
  },
];

const results = [
  {
    text: "Measured",
    items: pages("", [
      ["Truth: known answers", "truth"],
      ["Black box: results", "black-box"],
      ["Benchmarks", "benchmarks"],
      ["Coverage: which networks", "coverage"],
    ]),
  },
  {
    text: "How it works",
    items: pages("", [
      ["Black box: the method", "black-box-method"],
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
  head: [["link", { rel: "icon", href: "data:," }]],
  lastUpdated: false,
  markdown: { theme: { light: "github-light-high-contrast", dark: "github-dark" } },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      { text: "Start", link: "/start" },
      { text: "Lessons", link: "/lessons/" },
      { text: "Gallery", link: "/gallery/" },
      { text: "Methods", link: "/methods/" },
      { text: "How to", link: "/how-to/own-model" },
      { text: "Results", link: "/truth" },
      { text: "Reference", link: "/reference/" },
      { text: version, items: [{ text: "Changelog", link: "/changelog" }] },
    ],
    sidebar: {
      "/start": [],
      "/changelog": [],
      "/lessons/": generated.lessons,
      "/gallery/": generated.methods,
      "/methods/": generated.methods,
      "/reference/": generated.reference,
      "/errors": generated.reference,
      "/how-to/": howTo,
      "/migration/": howTo,
      "/audit": howTo,
    "/concepts": howTo,
    "/examples": howTo,
      "/exercises": howTo,
      "/glossary": howTo,
      "/teachers/": howTo,
      "/contributing": howTo,
      "/": results,
    },
    docFooter: { prev: false, next: false },
    footer: { message: "Apache-2.0" },
  },
};

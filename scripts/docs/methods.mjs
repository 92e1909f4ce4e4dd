// A page for each method, and one that lists them, from its facts and its docstring.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { cell, code, fence, plain, prose, table } from "./markdown.mjs";
import { methodDocs } from "./method-docs.mjs";

const built = (module) => import(join(root, "dist/src", `${module}.js`));

/** Pages by their path without `.md`, and the sidebar. */
export async function methodPages(gallery) {
  const [{ METHODS, methods }, { describeLimit }] = await Promise.all([
    built("methods/registry"),
    built("core/options"),
  ]);
  const docs = methodDocs();
  const lessons = lessonsOf(Object.keys(METHODS));
  const all = methods().map((facts) => ({
    ...facts,
    ...docs.get(facts.name),
    limits: METHODS[facts.name].limits,
    lessons: lessons.get(facts.name),
    describeLimit,
  }));
  const pages = new Map(all.map((method) => [`methods/${method.name}`, page(method, gallery)]));
  pages.set("methods/index", overview(all));
  pages.set("gallery/index", gallery.page(all));
  const items = (kind) =>
    all.filter(({ mode }) => mode === kind).map(({ name }) => ({ text: name, link: `/methods/${name}` }));
  const sidebar = [
    { text: "All methods", link: "/methods/" },
    { text: "Reading the network", items: items("white-box") },
    { text: "Asking for answers alone", items: items("black-box") },
  ];
  return { pages, sidebar };
}

const NEEDS = {
  forward: "the model's answers alone",
  activation: "an inner layer of the model",
  gradient: "gradients, which Sightline takes from the graph",
};

const passes = ({ forward, backward }) =>
  [forward && `${forward} forward`, backward && `${backward} backward`].filter(Boolean).join(", ");

/** For each method the lessons whose cells name it: links to them. */
function lessonsOf(methods) {
  const folder = join(root, "notebooks");
  const found = new Map(methods.map((method) => [method, []]));
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()) {
    const { cells } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const code = cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => [source].flat().join(""));
    const title = [cells[0].source].flat().join("").split("\n")[0].replace(/^# /, "");
    for (const [method, links] of found) {
      if (code.some((cell) => cell.includes(`"${method}"`)))
        links.push(`[${title}](/lessons/${file.replace(".ipynb", "")})`);
    }
  }
  return found;
}

function page({ name, summary, meaning, source, formula, useWhen, cannotShow, lessons, ...method }, gallery) {
  const { needs, signed, view, presets } = method;
  return `# ${name}

${prose(summary[0].toUpperCase() + summary.slice(1))}.

${gallery.method(name)}

## What a value means

${prose(meaning)}

${fence("text", formula)}

## When to use it

${prose(useWhen)}

## What it cannot show

${prose(cannotShow)}

## Cost

Passes for one class, beside the one that predicts it, on a 224 × 224 input:

${table(
  ["preset", "passes", "options"],
  Object.entries(presets).map(([preset, { options, ...cost }]) => [code(preset), passes(cost), code(shown(options))]),
)}

## Options

${optionTable(method)}

Beside them, [those that every method has](/reference/api/index/interfaces/CommonOptions).

## Facts

- Needs ${needs.map((need) => NEEDS[need]).join(", and ")}.
- Values ${signed ? "speak for the class above zero, against it below" : "say how much, not whether for or against"}.
- Drawn as ${view}, unless told otherwise.
- Source: ${plain(source)}.
${lessons.length > 0 ? `- In lessons: ${lessons.join(", ")}.\n` : ""}`;
}

const shown = (value) => {
  if (value === undefined) return "";
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, one]) => `${key}: ${shown(one)}`);
    return entries.length > 0 ? `{ ${entries.join(", ")} }` : "";
  }
  return String(value);
};

function optionTable({ limits, defaults, options, describeLimit }) {
  const names = Object.keys(limits);
  if (names.length === 0) return "It has none of its own.";
  return table(
    ["option", "default", "can be", "what it does"],
    names.map((name) => {
      const doc = options.get(name);
      if (!doc) throw new Error(`the option ${name} has no docstring`);
      return [
        code(name),
        code(shown(defaults[name])),
        plain(limits[name] ? describeLimit(limits[name]) : ""),
        cell(doc),
      ];
    }),
  );
}

const overview = (all) => `# Methods

${all.length} methods, each with what its values mean, what it costs, when to use it and what it cannot show.
[What each makes of five pictures](/gallery/); [how good they are where the truth is known](/truth).
Passes are those of the preset \`balance\` on a 224 × 224 input.

${table(
  ["method", "passes", "reads", "in short"],
  all.map(({ name, presets, mode, summary }) => [
    `[${name}](/methods/${name})`,
    passes(presets.balance),
    mode === "black-box" ? "answers" : "the network",
    cell(summary),
  ]),
)}

\`methods()\` gives the same facts to a program, \`npx sightline methods\` to a shell; \`model.info.methods\` says which of them suit a
model, and why not.
`;

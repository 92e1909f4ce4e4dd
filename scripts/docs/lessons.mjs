// The lessons as pages: text, code and what the cells showed when the notebooks were last run; beside each the page of our own
// export, whose widgets move.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { fence, plain, table, cell as tableCell } from "./markdown.mjs";

const ROWS = "application/vnd.sightline.rows+json";
const WIDGET = "application/vnd.jupyter.widget-view+json";
const MOST_ROWS = 30;
const built = (module) => import(join(root, "dist/src", `${module}.js`));

/**
 * Pages by their path without `.md`, and the sidebar.
 * @param target where pictures and exported pages go, served as /lessons/
 */
export async function lessonPages(target) {
  const [{ readNotebook }, { notebookToHtml }, { cleanHtml }] = await Promise.all([
    built("kernel/notebook-file"),
    built("export/notebook-page"),
    built("export/clean-html"),
  ]);
  const folder = join(root, "notebooks");
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
  mkdirSync(join(target, "executed"), { recursive: true });
  cpSync(join(folder, "images"), join(target, "images"), { recursive: true, filter: (file) => !file.endsWith(".md") });
  const pages = new Map();
  const lessons = [];
  for (const file of names) {
    const name = file.replace(/\.ipynb$/, "");
    const notebook = await readNotebook(join(folder, file));
    const lesson = new Lesson(name, target, cleanHtml);
    const [first, ...rest] = notebook.cells;
    const [heading, ...text] = first.source.split("\n");
    const title = heading.replace(/^# /, "");
    const intro = lesson.markdown(text.join("\n").trim());
    const cells = [];
    const shown = rest.filter(({ metadata }) => !metadata.tags?.includes("notes"));
    for (const cell of shown) cells.push(await lesson.cell(cell));
    const moving = `[The same page with widgets that move](/lessons/executed/${name}.html), or run it yourself: \`npx sightline start\`.`;
    pages.set(`lessons/${name}`, [`# ${title}`, intro, moving, ...cells].filter(Boolean).join("\n\n"));
    writeFileSync(join(target, `executed/${name}.html`), await notebookToHtml(notebook, { folder }));
    lessons.push({ text: title, link: `/lessons/${name}`, intro: intro.split("\n\n")[0] });
  }
  pages.set("lessons/index", overview(lessons));
  return {
    pages,
    sidebar: [{ text: "Lessons", link: "/lessons/", items: lessons.map(({ text, link }) => ({ text, link })) }],
  };
}

/** The cells of one notebook as Markdown; pictures become files. */
class Lesson {
  #pictures = 0;

  constructor(name, target, cleanHtml) {
    this.name = name;
    this.target = target;
    this.cleanHtml = cleanHtml;
  }

  async cell({ cell_type, source, outputs = [] }) {
    if (cell_type === "markdown") return this.markdown(source);
    if (cell_type !== "code" || source.trim() === "") return "";
    const shown = [];
    for (const output of outputs) shown.push(await this.output(output));
    return [fence("ts", source), ...shown].filter(Boolean).join("\n\n");
  }

  markdown(source) {
    return source.replaceAll("](images/", "](/lessons/images/").replaceAll("{{", "{&#123;");
  }

  async output(output) {
    if (output.output_type === "stream") return fence("text", output.text);
    if (output.output_type === "error") return fence("text", `${output.ename}: ${output.evalue}`);
    const { data } = output;
    const text = String(data["text/plain"] ?? "");
    const moves =
      WIDGET in data ? `\n\n*A widget: it moves in [the exported page](/lessons/executed/${this.name}.html).*` : "";
    if (data["image/png"]) return `![${plain(text)}](${this.picture(data["image/png"], "png")})${moves}`;
    if (data[ROWS]) return rows(data[ROWS]);
    if (data["text/html"] && !moves) return this.html(String(data["text/html"]));
    return text ? `${fence("text", text)}${moves}` : moves;
  }

  async html(html) {
    const clean = (await this.cleanHtml(html)).replace(
      /src="data:image\/(png|jpeg|webp);base64,([^"]*)"/g,
      (_, type, data) => `src="${this.picture(data, type)}" loading="lazy"`,
    );
    return `<div class="lesson-output" v-pre>${clean.replace(/\s*\n\s*/g, " ")}</div>`;
  }

  picture(base64, type) {
    const file = `${this.name}-${++this.#pictures}.${type}`;
    writeFileSync(join(this.target, file), Buffer.from(base64, "base64"));
    return `/lessons/${file}`;
  }
}

function rows(all) {
  const names = [...new Set(all.flatMap((row) => Object.keys(row)))];
  const shown = all.slice(0, MOST_ROWS).map((row) => names.map((name) => shownCell(row[name])));
  const left = all.length - shown.length;
  return table(names.map(plain), shown) + (left > 0 ? `\n\n… and ${left} rows more` : "");
}

function shownCell(value) {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return plain(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
  return typeof value === "string" ? plain(value) : tableCell(plain(JSON.stringify(value)));
}

const overview = (lessons) => `# Lessons

${lessons.length} notebooks, executed. Read them here, or run them: \`npx sightline start\` opens them in JupyterLab.

${lessons.map(({ text, link, intro }) => `## [${text}](${link})\n\n${intro}`).join("\n\n")}
`;

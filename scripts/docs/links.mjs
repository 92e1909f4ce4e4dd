// What a built site links to and loads: nothing that is not there, nothing from another host.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { decodeHTML } from "entities";

/** Attributes that load something as soon as a page is shown. */
const LOADS = { script: "src", img: "src", iframe: "src", source: "src", video: "src", link: "href" };

/** Pages of our own export, which load nothing by their policy: its tests hold that. */
const EXPORTED = /lessons[\\/]executed[\\/]/;

/** @throws when a link or an anchor leads nowhere, or a page loads something from another host */
export function checkSite(site, base = "/") {
  const names = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html") && !EXPORTED.test(name));
  const pages = new Map(names.map((name) => [name.replaceAll("\\", "/"), readPage(join(site, name))]));
  const wrong = [];
  for (const [name, page] of pages) {
    for (const url of page.loads) {
      if (/^(?:https?:)?\/\//.test(url)) wrong.push(`${name} loads ${url}`);
      else if (!url.startsWith("data:") && !existsSync(join(site, pathOf(name, url, base))))
        wrong.push(`${name} loads ${url}`);
    }
    for (const url of page.links) {
      if (/^[a-z]+:/.test(url)) continue;
      const [, hash] = url.split("#");
      const target = pageAt(site, pathOf(name, url, base));
      if (!target) wrong.push(`${name} links to ${url}`);
      else if (hash && pages.get(target)?.ids.has(decodeURIComponent(hash)) === false)
        wrong.push(`${name} links to ${url}`);
    }
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} dead links:\n${wrong.slice(0, 40).join("\n")}`);
}

/** The path within the site of what a page names. */
function pathOf(page, url, base) {
  const path = decodeURI(url.replace(/[?#].*$/, ""));
  if (path === "") return page;
  if (path.startsWith("/")) return path.startsWith(base) ? path.slice(base.length) : `outside of ${base}`;
  return posix.join(posix.dirname(page), path);
}

/** The file that a server gives for a path. */
function pageAt(site, path) {
  const file = join(site, path);
  if (existsSync(file) && statSync(file).isFile()) return path;
  return [`${path}.html`, posix.join(path, "index.html")].find((name) => existsSync(join(site, name)));
}

/** Ids, links and loads of a page. VitePress escapes every attribute's value, so that a tag ends at the next ">". */
function readPage(file) {
  const page = { ids: new Set(), links: new Set(), loads: new Set() };
  for (const [, name, rest] of readFileSync(file, "utf8").matchAll(/<([a-z][a-z0-9]*)\b([^>]*)>/g)) {
    const attributes = new Map(
      [...rest.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, decodeHTML(value)]),
    );
    if (attributes.has("id")) page.ids.add(attributes.get("id"));
    if (name === "a" && attributes.has("href")) page.links.add(attributes.get("href"));
    if (attributes.has(LOADS[name])) page.loads.add(attributes.get(LOADS[name]));
  }
  return page;
}

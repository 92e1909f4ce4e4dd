/** The page that `sightline view --export` writes: the explorer, and the audit that it is about, in one file. */
import { files } from "#platform/files";
import { h } from "../../widgets/src/dom.js";
import { errorBox, ViewError } from "../../widgets/src/error-box.js";
import { showExplorer } from "../../widgets/src/explorer/explorer.js";
import { type Ask, answerOf, remoteExplorer } from "../../widgets/src/explorer/remote.js";
import { putStyles } from "../../widgets/src/styles/put-styles.js";
import { Scope } from "../../widgets/src/view.js";
import { LOG } from "../audit/annotations/log.js";
import { Audit } from "../audit/audit.js";
import { shardFiles } from "../audit/shards/shard.js";
import { readFinished } from "../audit/stored-audit.js";
import { toBase64 } from "../core/bytes.js";
import { Explorer } from "../explorer/explorer.js";
import { AUDIT_FILES, DUCKDB_FILES, EARLIER_FILES, LIMITS_ID } from "../explorer/page-files.js";
import { readRequest } from "../explorer/requests.js";
import { useDrive } from "../platform/browser/files.js";
import { holdSiteFile } from "../platform/browser/site.js";
import { EmbeddedFiles } from "./embedded-files.js";

const embedded = new EmbeddedFiles(document);
const place = h("main", { class: "sightline sl-page" });
document.body.append(place);
putStyles(place);
void open().catch((error) => place.replaceChildren(errorBox(error)));

async function open(): Promise<void> {
  place.replaceChildren(h("p", { class: "sl-note", role: "status" }, "Unpacking the audit …"));
  await holdDuckDb();
  useDrive({
    read: (path) => embedded.read(path.slice(1)),
    list: async (path) => namesIn(path),
  });
  const folder = `/${AUDIT_FILES.slice(0, -1)}`;
  // what is added to has to be a file of the page's own
  const log = await embedded.read(`${AUDIT_FILES}${LOG}`);
  await files.makeFolder(folder);
  if (log) await files.writeFileAtomic(files.join(folder, LOG), log);
  const explorer = await Explorer.open(new Audit(folder, await readFinished(folder)), { before: await earlier() });
  const limits = JSON.parse(document.getElementById(LIMITS_ID)?.textContent ?? "[]") as string[];
  await showExplorer(place, {
    backend: remoteExplorer(askOf(explorer)),
    scope: new Scope(),
    keys: document,
    linked: true,
    limits,
  });
}

/** The audit that this one is held against, where the page brings it. */
async function earlier(): Promise<Audit | undefined> {
  const folder = `/${EARLIER_FILES.slice(0, -1)}`;
  return namesIn(folder) && new Audit(folder, await readFinished(folder));
}

/** DuckDB's worker and its WebAssembly are loaded from the page itself. */
async function holdDuckDb(): Promise<void> {
  for (const name of DUCKDB_FILES) {
    const bytes = await embedded.take(name);
    if (!bytes) throw new ViewError(`this page has lost its ${name}: write it again`);
    holdSiteFile(name, name.endsWith(".js") ? scriptUrl(bytes) : dataUrl(bytes));
  }
}

const scriptUrl = (bytes: Uint8Array<ArrayBuffer>) =>
  new URL(URL.createObjectURL(new Blob([bytes], { type: "text/javascript" })));

/** A page from a file has no origin, and its worker may not fetch what the page made an address for. */
const dataUrl = (bytes: Uint8Array) => new URL(`data:application/wasm;base64,${toBase64(bytes)}`);

function namesIn(folder: string): string[] | undefined {
  const below = `${folder.slice(1)}/`;
  const inside = [...embedded.names].filter((name) => name.startsWith(below));
  return inside.length > 0
    ? [...new Set(inside.map((name) => name.slice(below.length).split("/")[0]))].sort()
    : undefined;
}

function askOf(explorer: Explorer): Ask {
  return async (name, given) => {
    if (name === "picture") throw new ViewError("this page has pictures as thumbnails alone");
    // a thumbnail that was left out, as the page says, stays blank
    const [shard] = given;
    const missing = name === "sheet" && !embedded.has(`${AUDIT_FILES}${shardFiles(Number(shard)).thumbnails}`);
    if (missing) return new Uint8Array();
    return answerOf(await readRequest(name, given)(explorer));
  };
}

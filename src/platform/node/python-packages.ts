import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { concatenate } from "../../core/bytes.js";
import { SightlineError, throwIfAborted } from "../../core/errors.js";
import type { FetchPackageFile, PackageFile } from "../python-packages.js";
import { files } from "./files.js";
import { sha256 } from "./hash.js";

interface Control {
  readonly signal?: AbortSignal;
}

const run = promisify(execFile);
const PYTHONS = ["python3", "python", "py"];
const PATIENCE_MS = 600_000;
/** What a wheel, or an index's page of a project, may have in bytes. */
const LARGEST = 2 ** 29;

/** By pip, or without Python from the package index that pip's own settings name. */
export const fetchPackageFile: FetchPackageFile = async (wanted, control = {}) => {
  const tried: string[] = [];
  for (const fetchBy of [byPip, byIndex]) {
    throwIfAborted(control.signal);
    try {
      const bytes = await fetchBy(wanted, control);
      const hash = sha256(bytes);
      if (hash === wanted.sha256) return bytes;
      throw new SightlineError("checksum-mismatch", `${wanted.file} is not the file that was expected`, {
        received: hash,
        expected: `sha256 ${wanted.sha256}`,
        next: "check which index pip uses",
      });
    } catch (error) {
      throwIfAborted(control.signal);
      if (error instanceof SightlineError && error.code === "checksum-mismatch") throw error;
      tried.push(error instanceof Error ? error.message.trim().split("\n").slice(-3).join(" ") : String(error));
    }
  }
  throw new SightlineError(
    "download-failed",
    `${wanted.project} ${wanted.version} could not be fetched (${tried.join("; ")})`,
    {
      expected: "Python with pip, or PIP_INDEX_URL (or pip's configuration) to name a package index",
      next: "install Python 3 with pip, or check the network",
    },
  );
};

async function byPip({ project, version, file }: PackageFile, { signal }: Control): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    const args = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, `${project}==${version}`];
    let failure: unknown = new Error("there is no Python");
    for (const python of PYTHONS) {
      try {
        await run(python, args, { signal, timeout: PATIENCE_MS });
        return await files.read(join(folder, file), { atMost: LARGEST });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
        failure = error;
        break;
      }
    }
    throw failure;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks the indexes of pip's settings directly (the "simple" pages of PEP 503). */
async function byIndex({ project, file }: PackageFile, { signal }: Control): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const index of await packageIndexes()) {
    try {
      const page = new URL(`${project}/`, index.endsWith("/") ? index : `${index}/`);
      const text = new TextDecoder().decode(
        await read(page.protocol === "file:" ? new URL("index.html", page) : page, signal),
      );
      const links = [...text.matchAll(/href\s*=\s*["']([^"']+)["']/gi)].map(
        ([, link]) => new URL(link.replaceAll("&amp;", "&"), page),
      );
      const link = links.find(({ pathname }) => decodeURIComponent(pathname).endsWith(`/${file}`));
      if (!link) throw new Error(`${project} has no ${file} there`);
      link.hash = "";
      return await read(link, signal);
    } catch (error) {
      throwIfAborted(signal);
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(failures.join("; ") || "no package index is configured");
}

async function read(url: URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (url.protocol === "file:") return files.read(fileURLToPath(url), { atMost: LARGEST });
  const headers: Record<string, string> = {};
  const plain = new URL(url);
  if (plain.username) {
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(plain.username)}:${decodeURIComponent(plain.password)}`).toString("base64")}`;
    plain.username = plain.password = "";
  }
  const response = await fetch(plain, { headers, signal });
  if (!response.ok) throw new Error(`the package index answered ${response.status}`);
  return boundedBody(response, plain.href);
}

async function boundedBody(response: Response, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > LARGEST) throw new Error(`${name} has more than ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  return concatenate(chunks);
}

/** Where pip looks when its settings name no index; PEP 503. */
const DEFAULT_INDEX = "https://pypi.org/simple/";

/** Index URLs of pip's environment variables and configuration files, the more particular first, and pip's default. */
export async function packageIndexes(env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const home = homedir();
  const settings = [
    env.PIP_CONFIG_FILE,
    join(env.XDG_CONFIG_HOME ?? join(home, ".config"), "pip", "pip.conf"),
    join(home, ".pip", "pip.conf"),
    env.APPDATA && join(env.APPDATA, "pip", "pip.ini"),
    "/etc/pip.conf",
  ];
  const indexes = [env.PIP_INDEX_URL, env.PIP_EXTRA_INDEX_URL].flatMap((value) => value?.split(/\s+/) ?? []);
  let replaced = Boolean(env.PIP_INDEX_URL);
  for (const file of settings) {
    const text = file ? await files.readText(file, { atMost: 2 ** 20 }).catch(() => "") : "";
    for (const [, extra, value] of text.matchAll(/^\s*(extra-)?index-url\s*[=:]\s*((?:.*)(?:\n[ \t]+\S.*)*)/gm)) {
      indexes.push(...value.split(/\s+/));
      replaced ||= extra === undefined;
    }
  }
  if (!replaced) indexes.push(DEFAULT_INDEX);
  return [...new Set(indexes.filter(Boolean))];
}

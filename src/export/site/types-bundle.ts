import { files } from "#platform/files";

/** The doors that cells can import. */
const DOORS = ["index", "notebook", "widgets/index", "classroom/index"];
const LIBRARIES = ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"];
/** Declarations of what cells find in a worker, and of the few modules of Node that it has. */
const CELL_TYPES = ["globals.d.ts", "node-fs-promises.d.ts", "node-os.d.ts", "node-path.d.ts"];

/** Declarations for the checker of the browser edition, as JSON: paths below `/sightline/`, and their texts. */
export async function typesBundle(): Promise<string> {
  const texts: Record<string, string> = {};
  for (const door of DOORS) await addDeclarations(`${door}.d.ts`, texts);
  for (const library of LIBRARIES) await addLibrary(library, texts);
  for (const name of CELL_TYPES) texts[`/sightline/${name}`] = await asset(`browser/cell-types/${name}`);
  return JSON.stringify(texts);
}

const asset = async (name: string) => new TextDecoder().decode(await files.asset(name));

async function addDeclarations(name: string, texts: Record<string, string>): Promise<void> {
  const path = `/sightline/src/${name}`;
  if (path in texts) return;
  const text = await asset(name);
  texts[path] = text;
  for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)\.js"/g)) {
    await addDeclarations(files.join(files.dirname(name), `${specifier}.d.ts`), texts);
  }
}

async function addLibrary(name: string, texts: Record<string, string>): Promise<void> {
  const path = `/sightline/lib/${name}`;
  if (path in texts) return;
  const text = await asset(`platform/node/typescript/${name}`);
  texts[path] = text;
  for (const [, library] of text.matchAll(/<reference lib="([^"]+)"/g)) await addLibrary(`lib.${library}.d.ts`, texts);
}

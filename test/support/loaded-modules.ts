/** A module for Node's `--import` that prints the address of every module that is loaded after it. */
export function loadedModules(): string {
  const hooks = `import { writeSync } from "node:fs";
    export async function load(url, context, next) { writeSync(1, url + "\\n"); return next(url, context); }`;
  const data = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  return data(`import { register } from "node:module"; register(${JSON.stringify(data(hooks))});`);
}

/**
 * Of addresses of modules those that importing the library must not load: kernel, widgets, the workings of an audit, and
 * packages that only some work needs.
 */
export function loadedTooEarly(urls: readonly string[]): string[] {
  return urls.filter((url) => ROOMS.test(url) || (url.includes("node_modules") && PACKAGES.test(url)));
}

const ROOMS =
  /dist\/src\/((kernel|widgets|classroom|cli)\/(?!index\.js|[\w-]+-types\.js)|audit\/(?!(index|audit|row)\.js))/;
const PACKAGES =
  /node_modules\/(sharp|onnxruntime|@duckdb|@bufbuild|@img|hyparquet|umap-js|ml-matrix|zeromq|saxes|marked|sanitize-html|yauzl|nanotar|bullmq|ioredis|@aws-sdk|typescript|commander)/;

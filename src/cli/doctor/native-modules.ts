import { Fault } from "./fault.js";

/**
 * Loads a package with a native half. Where that half is missing, another install has to bring it: npm takes a package for
 * installed as soon as its folder is there.
 */
export async function nativeModule(name: string, load: (name: string) => Promise<unknown>): Promise<string> {
  try {
    await load(name);
    return "loads";
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Fault(message.split("\n")[0], fixOf(name, message));
  }
}

function fixOf(name: string, message: string): string {
  if (/^Cannot find (package|module) '/.test(message) && message.split("'")[1] === name) return "npm install";
  if (/GLIBC|ld-linux|musl/.test(message)) {
    return "use a Linux with a newer glibc, such as that of: docker run -it node:22-bookworm-slim";
  }
  if (name === "sharp") return "npm install --include=optional sharp";
  const found = new RegExp(`(?:/|[A-Za-z]:\\\\)[^\\n:']*node_modules[\\\\/]${name}(?=[\\\\/])`).exec(message)?.[0];
  return reinstall(name, found ?? `node_modules/${name}`, process.platform);
}

/** Its binaries come with the package itself, so that install scripts need not run; CUDA libraries are downloaded only if asked. */
function reinstall(name: string, folder: string, platform: NodeJS.Platform): string {
  if (platform === "win32") return `rmdir /s /q "${folder}" && npm install`;
  const install = name === "onnxruntime-node" ? "ONNXRUNTIME_NODE_INSTALL=skip npm install" : "npm install";
  return `rm -rf "${folder}" && ${install}`;
}

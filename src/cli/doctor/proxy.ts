import type { JupyterHost } from "../../kernel/install/jupyter-paths.js";
import { Fault } from "./fault.js";

const LOCAL = ["localhost", "127.0.0.1"];

/**
 * A proxy in the environment, and whether everybody asks it: npm and pip for packages, Node for models; and nobody for
 * JupyterLab, which talks to kernels on this machine.
 */
export function proxy({ env, platform }: JupyterHost, nodeVersion: string): string {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const set = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].find((name) => read(name));
  if (!set) return "none";
  const name = nameIn(env, set);
  const value = platform === "win32" ? `%${name}%` : `$${name}`;
  if (!/^\w+:\/\//.test(env[name]!)) {
    throw new Fault(`${name} begins with no http://, and npm refuses it`, assign(platform, name, `http://${value}`));
  }
  const wanted: [name: string, value: string][] = [];
  for (const one of ["HTTPS_PROXY", "HTTP_PROXY"]) {
    if (!read(one)) wanted.push([one, value]);
  }
  const spared = read("NO_PROXY")?.split(/[\s,]+/) ?? [];
  if (!spared.includes("*") && LOCAL.some((host) => !spared.includes(host))) {
    wanted.push(["NO_PROXY", [...new Set([...spared, ...LOCAL])].filter(Boolean).join(",")]);
  }
  const asks = asksProxies(nodeVersion);
  if (asks && env.NODE_USE_ENV_PROXY !== "1") wanted.push(["NODE_USE_ENV_PROXY", "1"]);
  if (wanted.length > 0) {
    const names = wanted.map(([name]) => name).join(", ");
    throw new Fault(
      `${set} is set, but npm, pip, Node and JupyterLab need ${names} beside it`,
      wanted.map(([name, value]) => assign(platform, name, value)).join(" && "),
    );
  }
  if (asks) return "npm, pip and Node ask it";
  throw new Fault(
    `Node ${nodeVersion} downloads models past the proxy of ${set}: it cannot ask one`,
    "install Node 24, or on a machine without a proxy: sightline models get NAME, and copy its cache folder",
  );
}

/** `NODE_USE_ENV_PROXY` came with Node 24.0 and 22.21. */
function asksProxies(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 21);
}

const nameIn = (env: JupyterHost["env"], name: string) => (env[name] ? name : name.toLowerCase());
const assign = (platform: NodeJS.Platform, name: string, value: string) =>
  platform === "win32" ? `set ${name}=${value}` : `export ${name}="${value}"`;

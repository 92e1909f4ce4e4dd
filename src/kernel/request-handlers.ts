import { version } from "../core/version.js";
import type { CommRegistry } from "./comm-registry.js";
import type { History } from "./history.js";
import { complete, inspect } from "./introspection.js";
import type { CellLanguage } from "./language/service.js";
import { PROTOCOL_VERSION } from "./protocol.js";

/** What `kernel_info_reply` says of the place where the kernel lives. */
export interface KernelInfo {
  /** Runs the cells: "Node 22.1.0". */
  platform: string;
  typescriptVersion: string;
}

type Content = Readonly<Record<string, unknown>>;

type RequestHandler = (content: Content) => object | Promise<object>;

/** By message type, what a request is answered with. */
export type RequestHandlers = ReadonlyMap<string, RequestHandler>;

export interface RequestHandlerParts {
  comms: CommRegistry;
  history: History;
  language: () => Promise<CellLanguage>;
  info: KernelInfo;
}

/** Handlers of the requests that run no cell. */
export function requestHandlers({ comms, history, language, info }: RequestHandlerParts): RequestHandlers {
  const target = ({ target_name: name }: Content) => (typeof name === "string" && name ? name : undefined);
  return new Map<string, RequestHandler>([
    ["kernel_info_request", () => kernelInfo(info)],
    ["comm_info_request", (content) => ({ status: "ok", comms: comms.info(target(content)) })],
    ["history_request", (content) => ({ status: "ok", history: history.answer(content) })],
    [
      "is_complete_request",
      async ({ code }) => {
        const { completeness } = await import("./language/completeness.js");
        return completeness(String(code));
      },
    ],
    ["complete_request", async ({ code, cursor_pos }) => complete(await language(), String(code), Number(cursor_pos))],
    ["inspect_request", async ({ code, cursor_pos }) => inspect(await language(), String(code), Number(cursor_pos))],
    ["shutdown_request", ({ restart }) => ({ status: "ok", restart: restart === true })],
  ]);
}

function kernelInfo({ platform, typescriptVersion }: KernelInfo): object {
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "sightline",
    implementation_version: version,
    banner: `Sightline ${version}: TypeScript on ${platform}`,
    help_links: [{ text: "TypeScript", url: "https://www.typescriptlang.org/docs/" }],
    language_info: {
      name: "typescript",
      version: typescriptVersion,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    debugger: false,
  };
}

import type { Header } from "../kernel/protocol.js";
import type { RequestChannel } from "../kernel/transport.js";

/** What the page tells the kernel's worker. */
export type ToKernel =
  /** Comes first: what every notebook needs is loaded before there is one. */
  | {
      readonly kind: "prepare";
      /** Address of the site's folder `sightline/`. */
      readonly site: string;
      /** Files in it that the notebook is going to read. */
      readonly files: readonly string[];
    }
  | {
      readonly kind: "start";
      /** Folder of the notebook, absolute. */
      readonly folder: string;
      /** The slots of `InterruptSignals`, where the page may share memory with its workers. */
      readonly signals?: SharedArrayBuffer;
    }
  | { readonly kind: "message"; readonly channel: RequestChannel; readonly message: FrontEndMessage }
  | { readonly kind: "interrupt" }
  | { readonly kind: "file"; readonly id: number; readonly bytes?: Uint8Array<ArrayBuffer> }
  | { readonly kind: "names"; readonly id: number; readonly names?: readonly string[] };

/** What the kernel's worker tells the page. */
export type FromKernel =
  | {
      readonly kind: "send";
      readonly channel: RequestChannel | "iopub";
      readonly type: string;
      readonly id: string;
      readonly content: Record<string, unknown>;
      readonly metadata: Record<string, unknown>;
      readonly parent: Partial<Header>;
      readonly buffers: readonly ArrayBuffer[];
    }
  /** A file of the notebook's drive, by its absolute path. */
  | { readonly kind: "read"; readonly id: number; readonly path: string }
  | { readonly kind: "list"; readonly id: number; readonly path: string }
  | { readonly kind: "closed" };

/** A message of the Jupyter protocol as JupyterLab hands it over. */
export interface FrontEndMessage {
  readonly header: Header;
  readonly parent_header: Partial<Header>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
  readonly buffers?: readonly (ArrayBuffer | ArrayBufferView)[];
}

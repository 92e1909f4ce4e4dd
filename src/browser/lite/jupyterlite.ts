/** The parts of JupyterLite 0.8 that the kernel meets; its packages are the page's, not ours. */
import type { Header } from "../../kernel/protocol.js";
import type { RequestChannel } from "../../kernel/transport.js";
import type { FrontEndMessage } from "../worker-messages.js";

export interface KernelMessage extends FrontEndMessage {
  readonly channel: RequestChannel;
}

export interface SentMessage {
  readonly channel: RequestChannel | "iopub";
  readonly header: Header;
  readonly parent_header: Partial<Header>;
  readonly metadata: Record<string, unknown>;
  readonly content: Record<string, unknown>;
  readonly buffers: readonly ArrayBuffer[];
}

export interface KernelCreation {
  readonly id: string;
  readonly name: string;
  /** Folder of the notebook on the drive; empty for the top. */
  readonly location: string;
  sendMessage(message: SentMessage): void;
}

export interface LiteKernel {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly ready: Promise<void>;
  readonly isDisposed: boolean;
  readonly disposed: unknown;
  handleMessage(message: KernelMessage): Promise<void>;
  dispose(): void;
}

export interface KernelSpecs {
  register(entry: { spec: object; create(options: KernelCreation): Promise<LiteKernel> }): void;
}

export interface KernelClient {
  interrupt(id: string): Promise<void>;
}

/** Sets the mathematics of an element; JupyterLab's loads MathJax when it is first asked to. */
export interface LatexTypesetter {
  typeset(element: HTMLElement): Promise<void> | void;
}

interface FileModel {
  readonly type: "file" | "directory" | "notebook";
  readonly content: string | readonly { readonly name: string }[];
}

export interface Application {
  readonly serviceManager: {
    readonly contents: {
      get(path: string, options: { content: boolean; format?: "base64"; type?: "file" }): Promise<FileModel>;
    };
  };
}

/** A signal of Lumino: something that others can connect to. */
export type SignalClass = { new (sender: unknown): { emit(value: unknown): void }; clearData(sender: unknown): void };

import { uuid } from "../core/uuid.js";
import type { Header, Outgoing } from "../kernel/protocol.js";
import type { RequestChannel, StreamName, Transport, TransportListener } from "../kernel/transport.js";
import type { FromKernel, FrontEndMessage } from "./worker-messages.js";

/** Carries messages between the kernel in a worker and the page that shows the notebook. */
export class PageTransport implements Transport {
  readonly #post: (message: FromKernel, transfer: readonly ArrayBuffer[]) => void;
  #listener?: TransportListener;

  constructor(post: (message: FromKernel, transfer: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  async open(listener: TransportListener): Promise<void> {
    this.#listener = listener;
  }

  /** A message from the page. */
  receive(channel: RequestChannel, message: FrontEndMessage): void {
    const { header, parent_header: parentHeader, metadata, content, buffers = [] } = message;
    const bytes = buffers.map((buffer) =>
      ArrayBuffer.isView(buffer)
        ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
        : new Uint8Array(buffer),
    );
    const receivedAt = performance.timeOrigin + performance.now();
    this.#listener?.message(
      channel,
      { identities: [], header, parentHeader, metadata, content, buffers: bytes },
      receivedAt,
    );
  }

  send(channel: RequestChannel | "iopub", message: Outgoing): void {
    const { type, content, parent = {}, metadata, buffers = [], id = uuid() } = message;
    const copies = buffers.map((buffer) => new Uint8Array(buffer).buffer as ArrayBuffer);
    this.#post(
      {
        kind: "send",
        channel,
        type,
        id,
        content: JSON.parse(content),
        metadata: metadata === undefined ? {} : JSON.parse(metadata),
        parent,
        buffers: copies,
      },
      copies,
    );
  }

  print(header: Partial<Header>, stream: StreamName, text: string): void {
    this.send("iopub", { type: "stream", content: JSON.stringify({ name: stream, text }), parent: header });
  }

  running(): void {}

  exiting(): void {}

  async close(): Promise<void> {
    this.#post({ kind: "closed" }, []);
  }
}

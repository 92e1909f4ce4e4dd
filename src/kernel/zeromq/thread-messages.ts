import type { Header, Outgoing } from "../protocol.js";
import type { RequestChannel } from "../transport.js";
import type { Connection } from "./connection.js";
import type { Sealed } from "./wire.js";

/** What the transport thread gets to start with. */
export interface TransportData {
  connection: Connection;
  session: string;
  text: SharedArrayBuffer;
  signals: SharedArrayBuffer;
}

/** Main thread → transport thread. */
export type Command =
  | { kind: "send"; channel: RequestChannel | "iopub"; message: Outgoing; after: number }
  | { kind: "origin"; origin: number; header: Partial<Header> }
  | { kind: "forget"; origin: number }
  | { kind: "text" }
  | { kind: "running"; header: Partial<Header> }
  | { kind: "exiting" }
  | { kind: "close" };

/** Transport thread → main thread. */
export type Notice =
  | { kind: "bound" }
  | { kind: "message"; channel: RequestChannel; sealed: Sealed; receivedAt: number }
  | { kind: "interrupt"; execution: number }
  | { kind: "log"; text: string };

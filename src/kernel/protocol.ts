/** The version of the Jupyter messaging protocol that the kernel speaks. */
export const PROTOCOL_VERSION = "5.3";

export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
  [key: string]: unknown;
}

/** A message of the Jupyter protocol, as it came. */
export interface Message {
  /** Names the peer to the transport, which sends replies back to it. */
  identities: Uint8Array[];
  header: Header;
  parentHeader: Partial<Header>;
  metadata: Record<string, unknown>;
  content: Record<string, unknown>;
  buffers: Uint8Array[];
}

/** A message to be sent; the transport adds the rest of the header. */
export interface Outgoing {
  type: string;
  /** JSON text. */
  content: string;
  parent?: Partial<Header>;
  /** JSON text. */
  metadata?: string;
  buffers?: readonly Uint8Array[];
  identities?: readonly Uint8Array[];
  /** Its `msg_id`, where the sender must know it; random by default. */
  id?: string;
}

import type { Header, Message, Outgoing } from "./protocol.js";

/** The channels on which front ends send. */
export type RequestChannel = "shell" | "stdin" | "control";

export type StreamName = "stdout" | "stderr";

/** Hears what a transport receives. */
export interface TransportListener {
  /** @param receivedAt when the message arrived, in milliseconds since the epoch */
  message(channel: RequestChannel, message: Message, receivedAt: number): void;
  /** The front end wants an execution to stop. */
  interrupt(execution: number): void;
}

/** Carries messages between the kernel and its front ends: over ZeroMQ, or from a worker to its page. */
export interface Transport {
  /** Resolves when front ends can connect. */
  open(listener: TransportListener): Promise<void>;
  /** Sends a message; on iopub it follows all text that was printed before. Buffers are copied once, at the call. */
  send(channel: RequestChannel | "iopub", message: Outgoing): void;
  /** Prints text in the output of the message that has this header. */
  print(header: Partial<Header>, stream: StreamName, text: string): void;
  /** Tells which cell runs, for notices that cannot wait for the kernel. */
  running(header: Partial<Header>): void;
  /** From now on the kernel ends within two seconds, whatever it does. */
  exiting(): void;
  /** Sends what is left, then closes. */
  close(): Promise<void>;
}

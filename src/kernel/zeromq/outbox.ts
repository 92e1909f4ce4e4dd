import type { Router, XPublisher } from "zeromq";
import type { Outgoing } from "../protocol.js";
import { encode, type Signer } from "./wire.js";

export interface Sender {
  signer: Signer;
  session: string;
  log(text: string): void;
}

/** A socket takes one `send` at a time: messages wait in line. */
export class Outbox {
  readonly #waiting: Uint8Array[][] = [];
  #done = Promise.resolve();
  #busy = false;

  constructor(
    readonly socket: Router | XPublisher,
    readonly sender: Sender,
  ) {}

  send(message: Outgoing): void {
    this.#waiting.push(this.#encode(message));
    this.#start();
  }

  /** Before all that waits. */
  sendNext(message: Outgoing): void {
    this.#waiting.unshift(this.#encode(message));
    this.#start();
  }

  /** Resolves when nothing waits any more. */
  get idle(): Promise<void> {
    return this.#done;
  }

  #encode(message: Outgoing): Uint8Array[] {
    return encode(this.sender.signer, this.sender.session, message);
  }

  #start(): void {
    if (!this.#busy) this.#done = this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let frames = this.#waiting.shift(); frames; frames = this.#waiting.shift()) {
      try {
        await this.socket.send(frames as Buffer[]);
      } catch (error) {
        this.sender.log(`a message was not sent: ${error}`);
      }
    }
    this.#busy = false;
  }
}

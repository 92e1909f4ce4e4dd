import { XPublisher } from "zeromq";

/** Options of libzmq's `zmq_setsockopt` that an XPUB socket with manual subscriptions takes. */
const ZMQ_SUBSCRIBE = 6;
const ZMQ_UNSUBSCRIBE = 7;
/** Subscriptions that all peers together may have: nobody's signature is asked for. */
const MAX_SUBSCRIPTIONS = 10_000;

/** A publisher whose subscriptions count from the moment that they are accepted, not from when they arrive. */
export class Publisher extends XPublisher {
  /** How many peers have subscribed to a topic. */
  readonly #subscribers = new Map<string, number>();
  #count = 0;

  /** Accepts a subscription or its end. Returns the topic of a new subscription. */
  accept(frame: Buffer): Buffer | undefined {
    const topic = frame.subarray(1);
    if (frame[0] === 1) return this.#subscribe(topic) ? topic : undefined;
    if (frame[0] === 0) this.#unsubscribe(topic);
    return undefined;
  }

  #subscribe(topic: Buffer): boolean {
    if (this.#count >= MAX_SUBSCRIPTIONS) return false;
    this.#add(topic, 1);
    this.setStringOption(ZMQ_SUBSCRIBE, topic);
    return true;
  }

  #unsubscribe(topic: Buffer): void {
    if (!this.#subscribers.has(topic.toString("latin1"))) return;
    this.#add(topic, -1);
    this.setStringOption(ZMQ_UNSUBSCRIBE, topic);
  }

  #add(topic: Buffer, change: 1 | -1): void {
    const name = topic.toString("latin1");
    const subscribers = (this.#subscribers.get(name) ?? 0) + change;
    if (subscribers > 0) this.#subscribers.set(name, subscribers);
    else this.#subscribers.delete(name);
    this.#count += change;
  }
}

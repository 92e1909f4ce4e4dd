import { SightlineError } from "../../../core/errors.js";
import type { Model } from "../../../model/types.js";
import { modelFingerprint } from "../../model-fingerprint.js";
import { importOptional } from "../import-optional.js";

export const connectionTo = (url: string) => ({ url, maxRetriesPerRequest: null });

interface QueueConnection {
  readonly bullmq: typeof import("bullmq");
  /** Rejects when the server does not answer. */
  ping(): Promise<void>;
  /** Name of the queue: workers of the same model share it. */
  readonly name: string;
}

/**
 * The queue of a model's audits on a Redis server that answers.
 * @throws SightlineError `not-installed`, `bad-config`, `queue-failed`
 */
export async function connectQueue(url: string, model: Model): Promise<QueueConnection> {
  const { bullmq, Redis } = await importOptional("an audit over a queue", ["bullmq", "ioredis"], async () => ({
    bullmq: await import("bullmq"),
    Redis: (await import("ioredis")).Redis,
  }));
  if (!/^rediss?:\/\//.test(url)) {
    throw new SightlineError("bad-config", "not the address of a queue", { expected: "redis://host:port" });
  }
  // BullMQ waits for ever for a server that is not there
  const ping = async () => {
    const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    probe.on("error", () => {});
    try {
      await probe.connect();
      await probe.ping();
    } catch (cause) {
      throw new SightlineError("queue-failed", `no Redis server answers at ${new URL(url).host}`, {
        received: (cause as Error).message,
        next: "start redis-server there, or check the address and the password",
        cause,
      });
    } finally {
      probe.disconnect();
    }
  };
  await ping();
  return { bullmq, ping, name: `sightline-audit-${(await modelFingerprint(model)).slice(0, 16)}` };
}

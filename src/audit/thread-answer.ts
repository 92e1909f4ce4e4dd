import { openThread } from "#platform/threads";
import { throwIfAborted } from "../core/errors.js";
import type { ThreadModule } from "../platform/threads.js";

/**
 * What a module that answers once makes of its data, in a thread of its own: it takes seconds, in which the caller's
 * thread stays free.
 * @throws SightlineError `aborted`
 */
export async function threadAnswer<Answer>(module: ThreadModule, data: unknown, signal?: AbortSignal): Promise<Answer> {
  throwIfAborted(signal);
  let end = () => {};
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const thread = openThread<never, Answer>(module, {
        data,
        onMessage: resolve,
        onEnd: (error) => reject(error ?? new Error(`the thread of ${module} ended`)),
      });
      thread.keepAlive(true);
      end = () => void thread.end();
      signal?.addEventListener("abort", end);
    });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener("abort", end);
    end();
  }
}

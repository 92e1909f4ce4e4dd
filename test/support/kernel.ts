import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Message } from "../../src/kernel/protocol.js";
import { type ExecuteOptions, KernelClient, type KernelProcessOptions } from "../../src/kernel/runner/client.js";

/** What a cell did. */
export interface Ran {
  reply: Record<string, unknown>;
  outputs: Message[];
  /** Everything printed to stdout. */
  stdout: string;
  stderr: string;
  /** `text/plain` of the result. */
  result?: string;
  /** Representations of the result. */
  data?: Record<string, unknown>;
}

export async function run(client: KernelClient, code: string, options: ExecuteOptions = {}): Promise<Ran> {
  const outputs: Message[] = [];
  const { content: reply } = await client.execute(code, {
    ...options,
    onOutput: (message) => outputs.push(message),
  });
  const printed = (name: string) =>
    outputs
      .filter(({ header, content }) => header.msg_type === "stream" && content.name === name)
      .map(({ content }) => content.text)
      .join("");
  const data = outputs.find(({ header }) => header.msg_type === "execute_result")?.content.data as
    | Record<string, unknown>
    | undefined;
  const result = data?.["text/plain"] as string | undefined;
  return { reply, outputs, stdout: printed("stdout"), stderr: printed("stderr"), result, data };
}

/** A kernel for the tests of a suite, in an empty folder of its own. */
export function kernelForSuite(options: KernelProcessOptions = {}): { client: KernelClient; folder: string } {
  const suite = {} as { client: KernelClient; folder: string };
  before(async () => {
    suite.folder = mkdtempSync(join(tmpdir(), "sightline-notebook-"));
    suite.client = await KernelClient.start({ ...options, folder: suite.folder });
  });
  after(async () => {
    await suite.client?.kill();
    rmSync(suite.folder, { recursive: true, force: true });
  });
  return suite;
}

/** Output messages of one type. */
export function ofType(ran: Ran, type: string): Record<string, unknown>[] {
  return ran.outputs.filter(({ header }) => header.msg_type === type).map(({ content }) => content);
}

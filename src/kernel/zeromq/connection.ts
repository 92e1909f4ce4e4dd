import { files } from "#platform/files";
import { SightlineError } from "../../core/errors.js";
import * as z from "../../core/zod.js";

const port = z.int().min(0).max(65_535);

const schema = z.object({
  transport: z.enum(["tcp", "ipc"]).default("tcp"),
  ip: z.string().min(1),
  shell_port: port,
  iopub_port: port,
  stdin_port: port,
  control_port: port,
  hb_port: port,
  key: z.string().default(""),
  signature_scheme: z.string().default("hmac-sha256"),
});

/** Contents of a Jupyter connection file. */
export type Connection = z.infer<typeof schema>;

export type Channel = "shell" | "iopub" | "stdin" | "control" | "hb";

/** What such a file may have, in bytes: it holds an address and a key. */
const LARGEST = 2 ** 20;

/** Reads the connection file that a front end wrote for the kernel. */
export async function readConnection(path: string): Promise<Connection> {
  let value: unknown;
  try {
    value = JSON.parse(await files.readText(path, { atMost: LARGEST }));
  } catch (cause) {
    throw new SightlineError("kernel-failed", `the connection file '${path}' cannot be read`, {
      received: path,
      expected: `the JSON file that a Jupyter front end writes, at most ${LARGEST} bytes`,
      cause,
    });
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new SightlineError("kernel-failed", `the connection file '${path}' is not valid`, {
      received: value,
      expected: z.prettifyError(result.error),
    });
  }
  return result.data;
}

/** The ZeroMQ address of a channel; it names the given interface and no other. */
export function address({ transport, ip, ...rest }: Connection, channel: Channel): string {
  const number = rest[`${channel}_port`];
  if (transport === "ipc") return `ipc://${ip}-${number}`;
  return `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${number}`;
}

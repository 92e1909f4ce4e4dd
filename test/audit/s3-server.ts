import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { TestContext } from "node:test";

export interface S3Server {
  readonly objects: Map<string, Uint8Array>;
  /** The next so many writes are answered with 503. */
  fail(times: number): void;
}

/** Keys on one page of a listing, so that listings have several. */
const PAGE = 2;
const ACCESS_KEY = "test-access-key";

/**
 * Enough of S3 for one bucket called `bucket`, in memory: objects by path, listings in pages. The environment points at
 * it until the test ends.
 */
export async function s3Server(t: TestContext): Promise<S3Server> {
  const objects = new Map<string, Uint8Array>();
  let failures = 0;
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://s3");
    const answer = (status: number, data: Uint8Array | string = "") => response.writeHead(status).end(data);
    const signed = request.headers.authorization?.includes(`Credential=${ACCESS_KEY}/`);
    const digest = createHash("sha256").update(body).digest("hex");
    if (!signed || request.headers["x-amz-content-sha256"] !== digest) return answer(403, error("AccessDenied"));
    const [bucket, ...rest] = decodeURIComponent(pathname).slice(1).split("/");
    if (bucket !== "bucket") return answer(404, error("NoSuchBucket"));
    const key = rest.join("/");
    if (request.method === "PUT") {
      if (failures-- > 0) return answer(503, error("SlowDown"));
      objects.set(key, body);
      return answer(200);
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return answer(204);
    }
    if (searchParams.get("list-type") === "2") return answer(200, listing([...objects.keys()], searchParams));
    const object = objects.get(key);
    return object ? answer(200, object) : answer(404, error("NoSuchKey"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const settings = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: "test-secret",
    AWS_REGION: "eu-test-1",
  };
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    server.closeAllConnections();
    server.close();
  });
  return {
    objects,
    fail: (times) => {
      failures = times;
    },
  };
}

const error = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;

function listing(keys: readonly string[], query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const all = keys.filter((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes("/")).sort();
  const start = Number(query.get("continuation-token") ?? 0);
  const page = all.slice(start, start + PAGE);
  const more = start + PAGE < all.length;
  const next = more ? `<NextContinuationToken>${start + PAGE}</NextContinuationToken>` : "";
  const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents}</ListBucketResult>`;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

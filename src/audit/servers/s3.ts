import { SightlineError } from "../../core/errors.js";
import type { Storage } from "../shards/storage.js";
import { importOptional } from "./import-optional.js";

/**
 * Objects of an S3-compatible store. Credentials, region and endpoint come from the environment, as every tool of that
 * store reads them (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, …).
 * @param location `s3://bucket/prefix`
 * @throws SightlineError `not-installed`, `bad-config`
 */
export async function s3Storage(location: string): Promise<Storage> {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  if (!url?.hostname || url.username || url.password || url.search) {
    throw new SightlineError("bad-config", "not a location in an S3-compatible store", {
      expected: "s3://bucket/prefix, with the credentials in the environment",
    });
  }
  const s3 = await importOptional("s3:// storage", ["@aws-sdk/client-s3"], () => import("@aws-sdk/client-s3"));
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const client = new s3.S3Client({
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint && { endpoint, forcePathStyle: true, region: process.env.AWS_REGION ?? "us-east-1" }),
  });
  const Bucket = url.hostname;
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, "");
  const key = (name: string) => (prefix ? `${prefix}/${name}` : name);
  const failed = (name: string, what: string, code: "write-failed" | "download-failed") => (cause: Error) => {
    throw new SightlineError(code, `${location}: ${name} could not be ${what}`, {
      received: cause.name,
      next: "check the credentials, the endpoint and the bucket, then rerun to resume",
      cause,
    });
  };
  return {
    async read(name) {
      try {
        const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key: key(name) }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof s3.NoSuchKey) return undefined;
        return failed(name, "read", "download-failed")(error as Error);
      }
    },
    async write(name, Body) {
      const put = client.send(new s3.PutObjectCommand({ Bucket, Key: key(name), Body }));
      await put.catch(failed(name, "written", "write-failed"));
    },
    async list(folder) {
      const Prefix = key(`${folder}/`);
      const names: string[] = [];
      try {
        for await (const page of s3.paginateListObjectsV2({ client }, { Bucket, Prefix, Delimiter: "/" })) {
          for (const { Key } of page.Contents ?? []) if (Key) names.push(Key.slice(Prefix.length));
        }
      } catch (error) {
        failed(folder, "listed", "download-failed")(error as Error);
      }
      return names.sort();
    },
    async remove(name) {
      const removal = client.send(new s3.DeleteObjectCommand({ Bucket, Key: key(name) }));
      await removal.catch(failed(name, "removed", "write-failed"));
    },
  };
}

import type { Audit } from "../../audit/index.js";
import { savedSlices } from "../../audit/saved-slices.js";
import { closest, SightlineError } from "../../core/errors.js";
import type { Explorer } from "../../explorer/explorer.js";
import type { ExportFormat } from "../../explorer/types.js";

type Filter = Parameters<Explorer["order"]>[0];

const FORMATS: Readonly<Record<string, ExportFormat>> = { csv: "csv", parquet: "parquet", json: "fiftyone" };

/** @throws SightlineError `bad-config` for an ending that says nothing */
export function formatOf(to: string): ExportFormat {
  const ending = /\.([^./\\]+)$/.exec(to)?.[1].toLowerCase() ?? "";
  if (Object.hasOwn(FORMATS, ending)) return FORMATS[ending];
  throw new SightlineError("bad-config", `'${to}' does not say in which format`, {
    received: to,
    expected: "a name that ends in .csv, .parquet or .json (FiftyOne)",
    next: "for a folder of links, --format links",
  });
}

/** @throws SightlineError `bad-config` for a tag or a slice that there is none of */
export async function filterOf(
  audit: Audit,
  { where, tag, slice }: { readonly where?: string; readonly tag: readonly string[]; readonly slice?: string },
): Promise<Filter> {
  const tags = tag.length > 0 ? await audit.tags() : [];
  const known = tags.map((one) => one.tag);
  for (const name of tag) if (!known.includes(name)) throw unknown("tag", name, known);
  return [
    ...(where === undefined ? [] : [{ kind: "sql", where } as const]),
    ...(tag.length === 0 ? [] : [{ kind: "values", column: "tags", values: tag } as const]),
    ...(slice === undefined ? [] : [await sliceCondition(audit, slice)]),
  ];
}

async function sliceCondition(audit: Audit, name: string): Promise<Filter[number]> {
  const slices = await savedSlices(audit.folder);
  const slice = slices.find((one) => one.name === name);
  if (!slice) {
    const names = slices.map((one) => one.name);
    throw unknown("slice", name, names);
  }
  if (slice.where !== undefined) return { kind: "sql", where: slice.where };
  const paths = new Set(slice.pictures);
  const ids = (await audit.pictures()).flatMap(({ path }, place) => (paths.has(path) ? [place] : []));
  return { kind: "pictures", ids, name };
}

const unknown = (what: string, name: string, names: readonly string[]) =>
  new SightlineError("bad-config", `no ${what} is called '${name}'`, {
    received: name,
    next: closest(name, names, 3).join(", "),
  });

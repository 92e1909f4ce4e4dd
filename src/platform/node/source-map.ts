import { SourceMap, type SourceMapPayload } from "node:module";
import type { FindPosition } from "../source-map.js";

export type { FindPosition } from "../source-map.js";

/** @param json text of a source map */
export function readSourceMap(json: string): FindPosition {
  const map = new SourceMap(JSON.parse(json) as SourceMapPayload);
  return (line, column) => {
    const entry = map.findEntry(line - 1, column - 1);
    return "originalLine" in entry ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 } : undefined;
  };
}

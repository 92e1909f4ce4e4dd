import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { FindPosition } from "../source-map.js";

export type { FindPosition } from "../source-map.js";

/** @param json text of a source map */
export function readSourceMap(json: string): FindPosition {
  const map = new TraceMap(json);
  return (line, column) => {
    const original = originalPositionFor(map, { line, column: column - 1 });
    return original.line === null ? undefined : { line: original.line, column: original.column + 1 };
  };
}

import type { SliceMeasures, SliceResult } from "../audit/index.js";
import { type Rows, report } from "./terminal.js";

/** Slices as rows of a table, each beside all other pictures. */
export function sliceRows(slices: readonly SliceResult[]): Rows {
  return slices.map(({ name, own, rest, expect, holds }) => ({
    slice: name,
    pictures: own.pictures,
    "error rate": errorRate(own),
    "of the others": errorRate(rest),
    confidence: own.confidence,
    concentration: own.concentration,
    expected: expect,
    holds: holds === null ? "" : holds ? "yes" : "no",
  }));
}

function errorRate({ errorRate: rate, errorInterval: [low, high] }: SliceMeasures): string {
  return rate === null ? "unknown" : `${rate.toFixed(3)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** Makes the command fail where a slice fails its test. */
export function failOnSlices(slices: readonly SliceResult[]): void {
  const failing = slices.filter(({ holds }) => holds === false);
  for (const { name, expect } of failing) report(`sightline: the slice '${name}' does not hold: ${expect}`);
  if (failing.length > 0) process.exitCode = 1;
}

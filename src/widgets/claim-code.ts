import type { ClaimEntry, TestTheClaimTraits } from "./traits/index.js";

/** The tests of a history as TypeScript that does them all again. */
export function claimCode(
  [width, height]: TestTheClaimTraits["grid"],
  history: readonly Pick<ClaimEntry, "action" | "fill" | "offset" | "runs">[],
): string {
  const tests = history.map(({ action, fill, offset, runs }) => {
    const options = JSON.stringify({ action, fill, ...(action === "move" && { offset }) });
    return `await test.test(regionFromRuns(${width}, ${height}, ${JSON.stringify(runs)}), ${options});`;
  });
  return [
    'import { regionFromRuns, TestTheClaim } from "sightline/widgets";',
    "const test = new TestTheClaim(model, image, explanation);",
    ...tests,
  ].join("\n");
}

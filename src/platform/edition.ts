import { SightlineError } from "../core/errors.js";

/** Says of something that a page cannot have which edition has it. @param expected what the page has instead */
export function needsNode(what: string, expected?: string): SightlineError {
  return new SightlineError("not-supported", `${what} is not in the browser edition`, {
    received: what,
    expected,
    next: "use the edition for Node: npx sightline start",
  });
}

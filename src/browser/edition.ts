import { SightlineError } from "../core/errors.js";

/** Says of something that a page cannot have which edition has it. */
export function needsNode(what: string): SightlineError {
  return new SightlineError("not-supported", `${what} is not in the browser edition`, {
    received: what,
    expected: "sightline, sightline/notebook, sightline/widgets, sightline/classroom",
    next: "use the edition for Node: npx sightline start",
  });
}

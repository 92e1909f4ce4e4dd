import { SightlineError } from "../../core/errors.js";
import { testClaim } from "../../evaluate/claim.js";
import { describeClaim } from "../../evaluate/claim-test.js";
import { topRegion } from "../../evaluate/region.js";
import { SaliencyMap } from "../../explanation/saliency-map.js";
import type { Model } from "../../model/types.js";
import type { Audit } from "../audit.js";
import type { AuditRow } from "../row.js";
import type { PictureClaim, ProofControl } from "./types.js";

/** Share of the view that is hidden: where the map is largest. */
const HIDDEN = 0.15;
/** Regions of the same shape elsewhere. */
const CONTROLS = 50;

/**
 * Hides the part of a picture where its stored map is largest, and the same shape elsewhere.
 * @throws SightlineError `bad-config` for a picture without a map, `index-out-of-range` for one that the audit does not have
 */
export async function testPicture(
  model: Model,
  audit: Audit,
  path: string,
  { signal }: ProofControl,
): Promise<PictureClaim> {
  const [row] = (await audit.query("select prediction, shard, map_row from results where path = $1", [
    path,
  ])) as unknown as AuditRow[];
  const map = row && (await audit.map(row));
  if (!map) {
    throw new SightlineError("bad-config", "the picture has no map to test", {
      received: path,
      expected: "a picture that was explained",
    });
  }
  const { seed } = audit.manifest.settings;
  const file = (await audit.pictures()).find((item) => item.path === path)?.file ?? path;
  // maps of a model of one class are of that class, whatever was answered
  const target = model.labels.length === 1 ? 0 : (row.prediction ?? undefined);
  const region = topRegion(new SaliencyMap({ ...map, signed: false }), HIDDEN, model.info.input);
  const test = await testClaim(model, file, region, { target, controls: CONTROLS, seed, signal });
  const figure = await test.figure();
  return {
    path,
    sentence: describeClaim(test),
    target: test.target.label,
    before: test.target.probability,
    after: test.target.probability + test.change,
    area: test.area,
    fill: test.fill,
    controls: test.controls,
    chance: test.chance,
    seed,
    figure: figure.png(),
  };
}

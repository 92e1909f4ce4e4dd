import { displaySymbol, type MimeBundle } from "../core/display.js";
import { ExplanationData } from "../explanation/explanation-data.js";
import { decodeExplanation } from "../explanation/json.js";
import { SaliencyMap } from "../explanation/saliency-map.js";
import type { Target } from "../model/types.js";
import { visualize } from "../render/visualize.js";
import { type SaveOptions, saveExplanation } from "./save.js";

/**
 * What a method found on one picture, for one or more classes. Immutable; it can show and save itself.
 * @example
 * const saved = JSON.stringify(explanation);
 * const again = Explanation.fromJSON(JSON.parse(saved));
 * await again.save("maps", { prefix: "cat_" });
 */
export class Explanation extends ExplanationData {
  /**
   * Reads what {@link Explanation.toJSON} wrote.
   * @throws SightlineError `bad-explanation` when it is something else, or damaged
   */
  static fromJSON(value: unknown): Explanation {
    return new Explanation(decodeExplanation(value));
  }

  /**
   * Where the picture speaks for one class rather than another: the difference of two maps, value by value.
   * @throws SightlineError `unknown-label` when one of them was not explained
   */
  difference(target: Target, against: Target): Explanation {
    const [first, second] = [this.map(target), this.map(against)];
    const data = first.data.map((value, i) => value - second.data[i]);
    const { index, label, probability } = this.targets[this.indexOf(target)];
    const other = this.targets[this.indexOf(against)];
    return new Explanation({
      ...this,
      targets: [{ index, label: `${label} rather than ${other.label}`, probability: probability - other.probability }],
      maps: [new SaliencyMap({ data, width: first.width, height: first.height, regions: first.regions, signed: true })],
      artifacts: [],
      provenance: {
        ...this.provenance,
        options: { ...this.provenance.options, difference: [label, other.label] },
      },
    });
  }

  /**
   * Writes one PNG for each target into a folder, which is made where it is missing:
   * `<prefix><image>_target_<label>_pred_<label>_<probability><postfix>.png`, the probability (of the prediction) with
   * `confidence: true`. Characters that file names cannot have become `_`; long labels are cut.
   * @returns the paths, in the order of the targets
   * @throws SightlineError `write-failed` (files of the same name stay as they were), `bad-config`
   */
  save(folder: string, options: SaveOptions = {}): Promise<string[]> {
    return saveExplanation(this, folder, options);
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return (await visualize(this))[displaySymbol]();
  }
}

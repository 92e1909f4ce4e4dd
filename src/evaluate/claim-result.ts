import { type Displayable, displaySymbol, type MimeBundle } from "../core/display.js";
import type { Prediction } from "../model/types.js";
import type { Fill } from "../perturb/fill.js";
import type { Figure } from "../render/figure.js";
import { claimFigure, claimHtml } from "./claim-figure.js";
import { type ClaimPictures, type ClaimTest, describeClaim } from "./claim-test.js";

/** A test of a claim that shows itself: both pictures, the classes before and after, a sentence, the random regions. */
export class ClaimResult implements ClaimTest, Displayable {
  readonly action: ClaimTest["action"];
  readonly fill: Fill;
  readonly area: number;
  readonly target: Prediction;
  readonly before: readonly Prediction[];
  readonly after: readonly Prediction[];
  readonly change: number;
  readonly controls: readonly number[];
  readonly chance: number;
  readonly #pictures: ClaimPictures;

  constructor(test: ClaimTest, pictures: ClaimPictures) {
    this.action = test.action;
    this.fill = test.fill;
    this.area = test.area;
    this.target = test.target;
    this.before = test.before;
    this.after = test.after;
    this.change = test.change;
    this.controls = test.controls;
    this.chance = test.chance;
    this.#pictures = pictures;
    Object.freeze(this);
  }

  /** The picture before and after, large, and the model's answer to some of the random regions below. */
  figure(): Promise<Figure> {
    return claimFigure(this, this.#pictures, describeClaim(this));
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const sentence = describeClaim(this);
    const beside = await claimFigure(this, this.#pictures, sentence, false);
    const [alone, picture] = await Promise.all(
      [this.figure(), beside].map(async (one) => (await one)[displaySymbol]()),
    );
    return {
      ...alone,
      "text/html": claimHtml(this, sentence, String(picture["image/png"]), beside),
      "text/plain": sentence,
    };
  }
}

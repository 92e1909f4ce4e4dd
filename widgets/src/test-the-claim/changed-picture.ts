import { paintDifference } from "../bare-maps.js";
import type { SharedView } from "../camera.js";
import { h } from "../dom.js";
import { readMap } from "../explanation.js";
import { bytesOf } from "../model.js";
import { canvasOf, decodePicture, paintCanvas } from "../pictures.js";
import { Stage } from "../stage.js";
import type { ClaimHistory, ClaimView } from "./claim-history.js";

/** What the model saw in a test, and what that did to the map. */
export class ChangedPicture {
  readonly el: HTMLElement;
  readonly difference: HTMLElement;
  readonly #view: ClaimView;
  readonly #history: ClaimHistory;
  readonly #photo: HTMLCanvasElement;
  readonly #stage: Stage;
  readonly #title = h("h4", {});
  readonly #differenceStage: Stage;

  constructor(view: ClaimView, history: ClaimHistory, photo: HTMLCanvasElement, camera: SharedView) {
    this.#view = view;
    this.#history = history;
    this.#photo = photo;
    this.#stage = new Stage({ scope: view, view: camera, size: 480, label: "The changed picture" });
    this.#stage.show(photo);
    this.el = h("div", { class: "sl-claim-changed" }, this.#title, this.#stage.el);
    this.#differenceStage = new Stage({
      scope: view,
      size: 240,
      label: "Map of the changed picture minus the map before",
    });
    this.difference = h(
      "figure",
      { class: "sl-difference", hidden: true },
      this.#differenceStage.el,
      h("figcaption", {}, "map after − map before: green gained, pink lost evidence"),
    );
    view.watch(["changed"], () => {
      history.follow();
      return this.update();
    });
    view.watch(["difference"], () => this.#showDifference());
    this.#showDifference();
  }

  async update(): Promise<void> {
    const bytes = bytesOf(this.#view.get("changed"));
    const changed = this.#history.isNewest && bytes.length > 0;
    const picture = changed ? this.#asPhoto(paintCanvas(await decodePicture(bytes))) : this.#photo;
    this.#stage.show(picture, true);
    this.#title.textContent = changed ? "What the model saw then" : "The picture as it is";
  }

  #showDifference(): void {
    const [map] = this.#view.get("difference");
    this.difference.hidden = map === undefined;
    if (map) this.#differenceStage.show(this.#asPhoto(paintDifference(readMap(map))));
  }

  /** What lies evenly over the picture, in the picture's proportions. */
  #asPhoto(source: HTMLCanvasElement): HTMLCanvasElement {
    const { width, height } = this.#photo;
    const canvas = canvasOf(width, height);
    canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
    return canvas;
  }
}

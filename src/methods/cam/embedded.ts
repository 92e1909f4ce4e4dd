import { SightlineError } from "../../core/errors.js";
import { SALIENCY_MAP } from "../../core/raw-map.js";
import { method } from "../method.js";

/** Maps that the model makes itself: its output `saliency_map`, as `insertXai` and OpenVINO XAI add it. */
export const embedded = method<object>({
  name: "embedded",
  summary: "the maps that the model itself carries as an output; one pass",
  needs: ["activation"],
  signed: false,
  view: "pixels",
  source: "OpenVINO XAI, models with an XAI branch",
  formula: "map = output saliency_map of the model",
  useWhen:
    "Asks the model for the map that was built into it, by `insertXai` or by OpenVINO XAI. For deployment: answer and map in one pass.",
  cannotShow:
    "Anything but what was built in: method and layer were chosen then, and the file does not say how the map was made.",
  defaults: {},
  limits: {},
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: (model) =>
    model.outputs.some(({ name }) => name === SALIENCY_MAP)
      ? undefined
      : `the model has no output '${SALIENCY_MAP}'; insertXai adds one`,
  async explain(subject) {
    const { data, dims } = await subject.activation(SALIENCY_MAP);
    const [classes, height, width] = dims.slice(-3);
    if (dims.length < 3 || (classes !== subject.classes && classes !== 1)) {
      throw new SightlineError("shape-mismatch", `the model's '${SALIENCY_MAP}' is [${dims.join(", ")}]`, {
        received: dims,
        expected: `[1, ${subject.classes} classes, rows, columns]`,
      });
    }
    const cells = width * height;
    const maps = subject.targets.map((target) => {
      const start = classes === 1 ? 0 : target * cells;
      return { data: data.slice(start, start + cells), width, height };
    });
    return { maps, score: "none" };
  },
});

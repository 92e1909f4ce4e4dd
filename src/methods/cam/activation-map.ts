import { method } from "../method.js";
import { cellReader, chooseLayer, needsLayer, observesLayer } from "../target-layer.js";

export interface ActivationMapOptions {
  /** Name of an inner tensor; the model's last feature map when absent. */
  targetLayer?: string;
}

/** Mean over the channels of a feature map: where the network responds, whatever the class. OpenVINO XAI. */
export const activationMap = method<ActivationMapOptions>({
  name: "activation-map",
  summary: "mean of the last feature map's channels; the same for every class",
  needs: ["activation"],
  signed: false,
  view: "pixels",
  source: "OpenVINO XAI, ActivationMap",
  formula: "map(p) = 1/C · Σ_c A_c(p)",
  useWhen:
    "Asks where the network responds at all. A first look that costs nothing, and a control: a class map that looks like this one says little about the class.",
  cannotShow: "The class: every class has the same map. A cell's value says how strongly it responds, not what for.",
  defaults: {},
  limits: { targetLayer: undefined },
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: needsLayer,
  observes: observesLayer,
  async explain(subject, { targetLayer }) {
    const layer = chooseLayer(subject.layers(), targetLayer);
    const { channels, height, width } = layer.geometry;
    const at = cellReader(await subject.activation(layer.name), layer);
    const data = new Float32Array(width * height);
    for (let cell = 0; cell < data.length; cell++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += at(channel, cell);
      data[cell] = sum / channels;
    }
    const map = { data, width, height };
    return { maps: subject.targets.map(() => map), resolved: { targetLayer: layer.name }, score: "none" };
  },
});

import { keepOneCell, type ReciproCamOptions, reciproCam } from "../cam/recipro-cam.js";
import { method } from "../method.js";
import { chooseLayer } from "../target-layer.js";

/**
 * ViT-ReciproCAM: Recipro-CAM over the patch tokens that enter the last block, spread over 3×3 patches; class and
 * register tokens stay in every copy. Byun & Lee, ViT-ReciproCAM, 2023, §3.
 */
export const vitReciproCam = method<ReciproCamOptions>({
  name: "vit-recipro-cam",
  summary: "class score with one patch token kept at a time; for transformers",
  needs: ["activation"],
  signed: false,
  view: "pixels",
  source: "Byun & Lee, ViT-ReciproCAM: Gradient and Attention-Free Visual Explanations for ViTs, 2023",
  formula:
    "map(p) = score_c(head(T ⊙ m_p)), m_p keeps patch p and its neighbours by [1,2,1]⊗[1,2,1]/16, and all class tokens",
  useWhen:
    "Asks what each patch token says for the class before the last block. The first choice for transformers: no gradients, no attention weights, one pass.",
  cannotShow:
    "What earlier blocks have already mixed into other tokens: a patch can carry what stands elsewhere in the picture. Nothing finer than a patch.",
  defaults: { gaussian: true },
  limits: reciproCam.limits,
  presets: { speed: {}, balance: {}, quality: {} },
  cost: () => ({ forward: 1, backward: 0 }),
  unsupported: (_, layers) =>
    layers.some(({ kind }) => kind === "tokens")
      ? undefined
      : "no layer of patch tokens was found in the graph; recipro-cam works on feature maps",
  observes: ({ targetLayer }, layers) => [tokenLayer(layers, targetLayer).name],
  explain: (subject, { targetLayer, gaussian }) =>
    keepOneCell("vit-recipro-cam", subject, tokenLayer(subject.layers(), targetLayer).name, gaussian),
});

/** The layer of a name, or the best candidate made of tokens. */
function tokenLayer(layers: Parameters<typeof chooseLayer>[0], name?: string) {
  return name === undefined ? chooseLayer(layers.filter(({ kind }) => kind === "tokens")) : chooseLayer(layers, name);
}

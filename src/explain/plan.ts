import { SightlineError } from "../core/errors.js";
import { type AnyMethod, readsAnswersAlone, reasonAgainst } from "../methods/method.js";
import { find } from "../methods/registry.js";
import type { Model } from "../model/types.js";
import { AUTO, type AutoOptions, type CommonOptions, type MethodRecommendation, methodOptions } from "./options.js";

/** A method made ready: chosen, its options complete. */
export interface Plan {
  readonly method: AnyMethod;
  readonly options: Readonly<Record<string, unknown>>;
  /** Inner tensors that it wants from the first pass. */
  readonly observed: readonly string[];
  readonly notes: readonly string[];
}

/** @throws SightlineError `unknown-method`, `not-supported`, `unknown-option`, `unknown-layer`, … */
export function planOf(
  model: Model,
  options: CommonOptions & Pick<AutoOptions, "recommendation"> & { method?: string },
): Plan {
  const name = options.method ?? "auto";
  const { method, notes } = name === "auto" ? chosenMethod(model, options) : namedMethod(model, name, options.mode);
  const asked: Record<string, unknown> = { ...options };
  if (name === "auto") for (const key of AUTO) if (!(key in method.limits)) delete asked[key];
  const complete = methodOptions(method, options.preset ?? "balance", asked, model.info.input);
  return { method, options: complete, observed: method.observes?.(complete, model.layers()) ?? [], notes };
}

type Choice = Pick<Plan, "method" | "notes">;

/** A method asked for by name is never replaced by another. */
function namedMethod(model: Model, name: string, mode: CommonOptions["mode"]): Choice {
  checkMode(mode);
  const method = find(name);
  const reason = reasonAgainst(method, model.info, model.layers());
  if (reason === undefined) return { method, notes: [] };
  throw new SightlineError("not-supported", `${name} cannot explain this model: ${reason}`, {
    received: name,
    next: "name a layer with targetLayer, or use a black-box method such as rise",
  });
}

function chosenMethod(
  model: Model,
  { recommendation, mode }: Pick<CommonOptions, "mode"> & Pick<AutoOptions, "recommendation">,
): Choice {
  return recommendation === undefined ? autoMethod(model, mode) : recommended(model, recommendation, mode);
}

/** @throws SightlineError `bad-config` where it is of another model, says nothing, or names a method of the other mode */
function recommended(model: Model, recommendation: MethodRecommendation, mode: CommonOptions["mode"]): Choice {
  const refuse = (why: string, next: string) =>
    new SightlineError("bad-config", `auto cannot follow this recommendation: ${why}`, {
      received: recommendation,
      expected: "what recommend gives for this model",
      next,
    });
  if (recommendation?.model?.sha256 !== model.info.sha256) {
    throw refuse("it is not about this model", "call recommend with this model");
  }
  if (recommendation.method === undefined) throw refuse("it recommends no method", "name a method yourself");
  const { method } = namedMethod(model, recommendation.method, mode);
  const isBlackBox = readsAnswersAlone(method);
  if ((mode === "black-box" && !isBlackBox) || (mode === "white-box" && isBlackBox)) {
    throw refuse(`${method.name} is no ${mode} method`, "leave mode out, or recommend among methods of that mode");
  }
  return {
    method,
    notes: [`auto chose ${method.name}: recommended for this model over ${recommendation.pictures} pictures`],
  };
}

/** The method to use and why. */
function autoMethod(model: Model, mode: CommonOptions["mode"]): Choice {
  checkMode(mode);
  const layers = model.layers();
  const choice = (name: string, why: string): Choice => ({
    method: find(name),
    notes: [`auto chose ${name}: ${why}`],
  });
  if (mode === "black-box") return choice("gp-rise", "a black-box method was asked for");
  if (find("embedded").unsupported?.(model.info, layers) === undefined) {
    return choice("embedded", "the model carries its own saliency maps");
  }
  const [layer] = layers;
  if (layer) {
    const name = layer.kind === "tokens" ? "vit-recipro-cam" : "recipro-cam";
    return choice(name, `the feature layer '${layer.name}' was found`);
  }
  if (mode !== "white-box") return choice("gp-rise", "no feature layer was found in the graph");
  throw new SightlineError("no-feature-layer", "no feature map was found in the graph", {
    expected: "a layer with rows and columns for a white-box method",
    next: "use mode: 'black-box'",
  });
}

/** @throws SightlineError `bad-config` */
export function checkMode(mode: CommonOptions["mode"]): void {
  if (mode === undefined || ["auto", "white-box", "black-box"].includes(mode)) return;
  throw new SightlineError("bad-config", `unknown mode '${mode}'`, {
    received: mode,
    expected: "auto, white-box or black-box",
  });
}

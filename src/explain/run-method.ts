import { edition, engine } from "#platform/versions";
import { throwIfAborted } from "../core/errors.js";
import { checkFinite } from "../core/ranks.js";
import { version } from "../core/version.js";
import { longWork, type Progress } from "../core/work.js";
import type { ExplainedImage, ExplanationParts } from "../explanation/parts.js";
import { SaliencyMap } from "../explanation/saliency-map.js";
import { shrink } from "../image/shrink.js";
import type { PreparedImage } from "../image/types.js";
import { readsAnswersAlone, type Subject } from "../methods/method.js";
import { isCaveat } from "../model/caveats.js";
import type { ModelInfo } from "../model/types.js";
import { Explanation } from "./explanation.js";
import { mapNotes } from "./map-notes.js";
import type { CommonOptions } from "./options.js";
import type { Plan } from "./plan.js";
import { zeroGradientNotes } from "./zero-gradient.js";

/** What a run hands to whatever looks at the picture for it. */
export interface RunControl {
  readonly signal?: AbortSignal;
  readonly seed: number;
  /** Counts passes; the first one, over the picture itself, is counted already. */
  readonly counter: { forward: number; backward: number };
  progress(progress: Progress): void;
}

/** A picture looked at: what the model says of it, and the method's view of both. */
export interface Scene extends Pick<ExplanationParts, "image" | "predictions" | "targets"> {
  readonly subject: Subject;
  readonly viewConfig?: Readonly<Record<string, unknown>>;
  /** What is to be said of the model's answer. */
  readonly notes?: readonly string[];
  /** What one forward pass takes, where it is known. */
  readonly passMilliseconds?: number;
}

/** Runs a method on a picture, from the first pass to the record of how its maps came to be. */
export function runMethod(
  info: ModelInfo,
  { method, options, notes }: Pick<Plan, "method" | "options" | "notes">,
  { preset = "balance", seed = 0, signal, onProgress }: Omit<CommonOptions, "targets" | "mode">,
  look: (control: RunControl) => Promise<Scene>,
): Promise<Explanation> {
  return longWork(`${method.name} on ${info.name}`, signal, async (work) => {
    throwIfAborted(work.signal);
    const started = performance.now();
    const counter = { forward: 1, backward: 0 };
    const progress = (report: Progress) => {
      onProgress?.(report);
      work.progress(report);
    };
    const {
      subject,
      image,
      predictions,
      targets,
      viewConfig,
      notes: sceneNotes = [],
      passMilliseconds,
    } = await look({
      signal: work.signal,
      seed,
      counter,
      progress,
    });
    const { forward, backward } = method.cost(options, info);
    const passes = { forward, backward: backward * targets.length };
    if (passMilliseconds !== undefined && forward + backward > 1) work.progress(forecast(passes, passMilliseconds));
    const result = await method.explain(subject, options);
    for (const { data } of result.maps) checkFinite(method.name, data);
    const reasons = await zeroGradientNotes(subject, method, result.maps, targets);
    return new Explanation({
      image,
      prediction: predictions[0],
      predictions,
      targets,
      maps: result.maps.map((map) => new SaliencyMap({ ...map, signed: method.signed })),
      artifacts: result.artifacts,
      defaults: { type: method.view, config: viewConfig },
      provenance: {
        model: { name: info.name, sha256: info.sha256 },
        method: method.name,
        options: { ...options, ...result.resolved, preset },
        seed,
        score: result.score ?? "probability",
        forwardPasses: counter.forward,
        backwardPasses: counter.backward,
        milliseconds: Math.round((performance.now() - started) * 10) / 10,
        notes: [
          ...notes,
          ...info.notes.filter(isCaveat),
          ...subject.prepared.picture.notes,
          ...sceneNotes,
          ...(result.notes ?? []),
          ...reasons,
          ...mapNotes(result.maps, targets, readsAnswersAlone(method) ? PROBABILITY_ROUNDING : 0),
        ],
        version,
        runtime: { edition, engine: engine(info.device), device: info.device, threads: info.threads },
      },
    });
  });
}

/** A backward pass takes about as long as so many forward passes. */
const BACKWARD = 2;

/** How long work will take, before it has done anything. */
function forecast({ forward, backward }: { forward: number; backward: number }, milliseconds: number): Progress {
  const total = forward + backward;
  return { done: 0, total, secondsLeft: ((forward + BACKWARD * backward) * milliseconds) / 1000 };
}

/** Differences of float32 probabilities up to this size are rounding errors. */
const PROBABILITY_ROUNDING = 1e-9;

/** Largest side of the picture that an explanation keeps. */
const KEPT_SIDE = 1024;

/** A picture as explanations keep it: at most 1024 pixels a side. */
export async function explainedImage({ picture, view }: PreparedImage): Promise<ExplainedImage> {
  const { image, scale } = await shrink(picture.image, KEPT_SIDE);
  return {
    name: picture.name,
    pixels: image,
    view: { x: view.x * scale, y: view.y * scale, width: view.width * scale, height: view.height * scale },
  };
}

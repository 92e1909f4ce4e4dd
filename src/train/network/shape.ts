import { SightlineError } from "../../core/errors.js";
import { kindOf } from "../../core/kind-of.js";
import { checkOptions } from "../../core/options.js";

/** A convolution with batch normalisation and ReLU, or a max-pool that halves both sides. */
export type Stage = "pool" | { readonly channels: number; readonly kernel: number };

/**
 * A small convolutional network: stages, the mean over what is left of the picture, one linear layer. Pools and a last
 * 1 × 1 convolution, rather than strides, keep its last map aligned with the picture.
 */
export interface NetworkShape {
  /** Side of the square picture, in pixels. */
  readonly size: number;
  readonly stages: readonly Stage[];
}

const conv = (channels: number, kernel = 3): Stage => ({ channels, kernel });

/**
 * Networks that learn in a minute:
 * - `classroom-64`: 64 pixels, about 40,000 weights, the network of the classroom's models;
 * - `classroom-32`: 32 pixels, about 17,000 weights, a third of the time an epoch.
 */
export const NETWORKS = {
  "classroom-64": { size: 64, stages: [conv(12), "pool", conv(24), "pool", conv(48), conv(48), "pool", conv(96, 1)] },
  "classroom-32": { size: 32, stages: [conv(12), "pool", conv(24), "pool", conv(48), conv(64, 1)] },
} as const satisfies Readonly<Record<string, NetworkShape>>;

/** A network by its name. */
export type NetworkName = keyof typeof NETWORKS;

const LIMITS = {
  size: { from: 8, to: 256, whole: true },
  channels: { from: 1, to: 1024, whole: true },
  kernel: [1, 3, 5, 7].map(String),
} as const;

/** @throws SightlineError `bad-config` */
export function shapeOf(network: NetworkName | NetworkShape): NetworkShape {
  if (typeof network === "string" && Object.hasOwn(NETWORKS, network)) return NETWORKS[network];
  const { size, stages } = (typeof network === "object" && network) || {};
  if (!size || !Array.isArray(stages) || !stages.some((stage) => stage !== "pool")) {
    throw new SightlineError("bad-config", `not a network: ${kindOf(network)}`, {
      received: network,
      expected: `one of ${Object.keys(NETWORKS).join(", ")}, or { size, stages: [{ channels, kernel }, "pool", …] }`,
    });
  }
  checkOptions("network", { size: LIMITS.size }, { size });
  let side = size;
  for (const stage of stages) {
    if (stage === "pool") side /= 2;
    else {
      const { channels, kernel } = stage ?? {};
      checkOptions(
        "a stage",
        { channels: LIMITS.channels, kernel: LIMITS.kernel },
        { channels, kernel: String(kernel) },
      );
    }
  }
  if (!Number.isInteger(side) || side < 2) {
    throw new SightlineError("bad-config", `the pools of the network leave a map of ${side} × ${side}`, {
      received: size,
      expected: "a size that the pools halve to a whole number of at least 2",
    });
  }
  return network as NetworkShape;
}

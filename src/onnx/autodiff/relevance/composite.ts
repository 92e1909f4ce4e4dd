/** How a linear layer (a convolution or a matrix of weights) hands its relevance down to its inputs. */
export type LinearRule =
  /** R_i = Σ_o x_i·w_io / z_o · R_o: what an input adds to the output counts, with its sign. Bach et al. 2015, eq. 58. */
  | { readonly rule: "epsilon" }
  /** Only what adds to the output counts: α–β with α = 1, β = 0. Montavon et al. 2017, eq. 11. */
  | { readonly rule: "plus" }
  /** What adds to the output counts 1 + γ times. Montavon et al. 2019; Andéol et al. 2021 for inputs of any sign. */
  | { readonly rule: "gamma"; readonly gamma: number }
  /** α of the relevance by what adds to the output, −β by what takes from it; α − β = 1. Bach et al. 2015, eq. 60. */
  | { readonly rule: "alpha-beta"; readonly alpha: number; readonly beta: number }
  /** The same for every input in reach. Lapuschkin et al. 2019. */
  | { readonly rule: "flat" }
  /** For a first layer whose inputs are bounded. Montavon et al. 2017, eq. 13. */
  | InputBox;

/** Which rule each kind of layer follows: a composite. */
export interface Composite {
  readonly convolution: LinearRule;
  readonly dense: LinearRule;
  /** For the layers that the picture meets first; `convolutions` leaves dense ones to their own rule. */
  readonly first?: { readonly rule: LinearRule; readonly of: "convolutions" | "all" };
  /** Added to every denominator, with its sign: keeps quotients finite, and takes relevance out where outputs are as small. */
  readonly epsilon: number;
  /** Whether biases are left out of what outputs are made of, so that they take no relevance. */
  readonly zeroBias?: boolean;
}

/** Lowest and highest values of a model's input, one a channel. */
export interface InputBox {
  readonly rule: "box";
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The input's axis of channels. */
  readonly axis: number;
}

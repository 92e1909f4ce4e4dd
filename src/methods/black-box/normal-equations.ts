import { CholeskyDecomposition, Matrix } from "ml-matrix";

/** Weighted least squares of values on parts that are shown (1) or hidden (0), gathered sample by sample. */
export class NormalEquations {
  /** Σ w·z·zᵀ. */
  readonly products: Matrix;
  /** Σ w·z. */
  readonly sums: Float64Array;
  /** Σ w. */
  total = 0;
  /** Per value: Σ w·z·y. */
  readonly moments: Float64Array[];
  /** Per value: Σ w·y. */
  readonly valueSums: Float64Array;

  constructor(
    readonly parts: number,
    values: number,
  ) {
    this.products = Matrix.zeros(parts, parts);
    this.sums = new Float64Array(parts);
    this.moments = Array.from({ length: values }, () => new Float64Array(parts));
    this.valueSums = new Float64Array(values);
  }

  add(shown: Uint8Array, weight: number, values: readonly number[]): void {
    const parts: number[] = [];
    for (let i = 0; i < shown.length; i++) if (shown[i]) parts.push(i);
    for (const i of parts) {
      this.sums[i] += weight;
      for (const j of parts) this.products.set(i, j, this.products.get(i, j) + weight);
    }
    this.total += weight;
    values.forEach((value, t) => {
      for (const i of parts) this.moments[t][i] += weight * value;
      this.valueSums[t] += weight * value;
    });
  }

  /** Coefficients per value of ridge regression with a free intercept, which is not shrunk. */
  ridge(penalty: number): Float64Array[] {
    const { products, sums, total, moments, valueSums } = this;
    if (total === 0) return moments;
    const centred = Matrix.sub(products, outer(sums).div(total)).add(Matrix.eye(this.parts).mul(penalty));
    const right = moments.map((moment, t) => moment.map((value, i) => value - (sums[i] * valueSums[t]) / total));
    return solve(centred, right);
  }

  /** Coefficients per value, without intercept, that add up to `totals` exactly. */
  constrained(totals: readonly number[]): Float64Array[] {
    const system = Matrix.add(this.products, Matrix.eye(this.parts).mul(1e-9 * Math.max(1, this.products.trace())));
    const [ones, ...free] = solve(system, [new Float64Array(this.parts).fill(1), ...this.moments]);
    const add = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
    return free.map((values, t) => {
      const excess = (add(values) - totals[t]) / add(ones);
      return values.map((value, i) => value - excess * ones[i]);
    });
  }
}

function outer(values: Float64Array): Matrix {
  const column = Matrix.columnVector([...values]);
  return column.mmul(column.transpose());
}

function solve(matrix: Matrix, right: readonly Float64Array[]): Float64Array[] {
  const solution = new CholeskyDecomposition(matrix).solve(new Matrix(right.map((values) => [...values])).transpose());
  return right.map((_, t) => Float64Array.from(solution.getColumn(t)));
}

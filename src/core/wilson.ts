/** 97.5 % quantile of the standard normal: intervals hold the true rate 95 times out of 100. */
const Z = 1.959964;

/**
 * Wilson's score interval of a rate (Wilson, "Probable inference", JASA 1927), 95 %; [0, 1] where nothing was counted.
 */
export function wilsonInterval(successes: number, count: number): readonly [low: number, high: number] {
  if (count === 0) return [0, 1];
  const rate = successes / count;
  const centre = rate + Z ** 2 / (2 * count);
  const spread = Z * Math.sqrt((rate * (1 - rate)) / count + Z ** 2 / (4 * count ** 2));
  const whole = 1 + Z ** 2 / count;
  return [Math.max(0, (centre - spread) / whole), Math.min(1, (centre + spread) / whole)];
}

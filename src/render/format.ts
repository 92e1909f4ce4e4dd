/** A probability as the house writes it: ".39", "1.0", "<.01". */
export function probability(value: number): string {
  if (value >= 0.995) return "1.0";
  if (value > 0 && value < 0.005) return "<.01";
  return value.toFixed(2).replace(/^0/, "");
}

/** A share as people say it: "12 %", "under 1 %". */
export const percent = (share: number) => (share > 0 && share < 0.005 ? "under 1 %" : `${Math.round(100 * share)} %`);

/** A value of a map with two significant digits: ".40", "−4.2", "1.2e−5"; whole numbers from 100 up. */
export function mapValue(value: number): string {
  const size = Math.abs(value);
  const text =
    size === 0 || (size >= 99.5 && size < 1e5)
      ? String(Math.round(value))
      : size >= 1e-4 && size < 1e5
        ? value.toPrecision(2)
        : value.toExponential(1).replace("e+", "e");
  return text.replace(/^(-?)0\./, "$1.").replaceAll("-", "−");
}

/** A duration: "41 ms", "2.3 s", "3 min 20 s". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}\u00a0ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}\u00a0s`;
  return `${Math.floor(seconds / 60)}\u00a0min ${Math.round(seconds % 60)}\u00a0s`;
}

/** "1 picture", "3 pictures". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : nouns}`;
}

/** One line of text that is safe to show: no control characters, no marks that turn the direction of what follows. */
export function oneLine(text: string): string {
  return text
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, " ")
    .replace(/[\p{Cf}\p{Cs}]/gu, "")
    .trim();
}

import { escapeUTF8 } from "entities";

/** Hexadecimal digits of a hash: 32 or more, and their number even. */
const HASH = /^(?:[0-9a-f]{2}){16,}$/i;
/** Digits of a hash that are shown; nobody compares more by eye. */
const HASH_SHOWN = 8;

/** What `inspect` writes: strings, which stay as they are, and numbers with a fraction or an exponent. */
const WRITTEN =
  /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|(?<![\w.$:-])-?(?:\d+\.\d+(?:e[+-]?\d+)?|\d+e[+-]\d+|0)(?![\w.:])/g;

/** A number with three significant digits; whole numbers as they are, −0 as 0. */
export function shortNumber(value: number): string {
  if (Object.is(value, -0)) return "0";
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** A number as HTML: short, the whole value on hover where digits were left out. */
export function numberHtml(value: number): string {
  return hovered(shortNumber(value), String(value));
}

/** A text as HTML, escaped: of a hash its first digits, all of them on hover. */
export function textHtml(text: string): string {
  return HASH.test(text) ? hovered(`${text.slice(0, HASH_SHOWN)}…`, text) : escapeUTF8(text);
}

/** What `inspect` wrote as HTML, escaped, its numbers and hashes short with the whole value on hover. */
export function inspectedHtml(inspected: string): string {
  let html = "";
  let end = 0;
  for (const { 0: written, index } of inspected.matchAll(WRITTEN)) {
    html += escapeUTF8(inspected.slice(end, index)) + writtenHtml(written);
    end = index + written.length;
  }
  return html + escapeUTF8(inspected.slice(end));
}

function writtenHtml(written: string): string {
  const [quote] = written;
  if (!`'"\``.includes(quote)) return hovered(shortNumber(Number(written)), written);
  return `${escapeUTF8(quote)}${textHtml(written.slice(1, -1))}${escapeUTF8(quote)}`;
}

function hovered(short: string, whole: string): string {
  if (short === whole) return escapeUTF8(short);
  return `<span title="${escapeUTF8(whole)}">${escapeUTF8(short)}</span>`;
}

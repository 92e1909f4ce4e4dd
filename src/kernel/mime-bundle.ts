import { inspect } from "#platform/inspect";
import { toBase64 } from "../core/bytes.js";
import { type Displayable, displaySymbol, isDisplayable, type MimeBundle, ROWS_TYPE } from "../core/display.js";
import { isTensor, type Tensor } from "../core/tensor.js";
import { htmlTable, MAX_ROWS } from "./html-table.js";
import { InterruptError } from "./interrupt.js";
import { headlineOf, isInstance, safeInspect } from "./safe-inspect.js";
import { inspectedHtml } from "./short-values.js";

/** Longest text of a result, in characters; what is longer is cut with a note. */
const MAX_TEXT = 20_000;
const TEXT_OPTIONS = { depth: 4, maxArrayLength: 100, maxStringLength: MAX_TEXT, breakLength: 100 };
/** How a promise that has not settled is shown. */
const PENDING = "Promise { <pending> }";

/**
 * Representations of any value by MIME type. A promise only where one must be waited for: a picture to be encoded, or an
 * object whose own display method gives one.
 */
export function mimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isDisplayable(value)) return displayedBundle(value);
  const bundle = structuredBundle(value);
  const withText = (made: MimeBundle): MimeBundle => {
    if ("text/plain" in made) return made;
    const text = plainText(value);
    return { ...(isRecord(value) || Array.isArray(value) ? textBundle(text) : { "text/plain": text }), ...made };
  };
  return bundle instanceof Promise ? bundle.then(withText) : withText(bundle);
}

/** A text, and where it has long numbers or hashes the same with short ones, the whole on hover. */
function textBundle(text: string): MimeBundle {
  const html = inspectedHtml(text);
  return { "text/plain": text, ...(html.includes("<span ") && { "text/html": `<pre>${html}</pre>` }) };
}

/** What an object shows of itself, with its text beside it; a note where its own method fails. */
function displayedBundle(value: Displayable): MimeBundle | Promise<MimeBundle> {
  const text = () => cut(safeInspect(value, TEXT_OPTIONS));
  const checked = (bundle: unknown): MimeBundle => {
    if (typeof bundle !== "object" || bundle === null) {
      throw new TypeError(`it returned ${safeInspect(bundle)} and not an object of representations by MIME type`);
    }
    return "text/plain" in bundle ? { ...bundle } : { ...bundle, "text/plain": text() };
  };
  const failed = (error: unknown): MimeBundle => {
    if (isInstance(error, InterruptError)) throw error;
    return { "text/plain": `${text()}\n(its own display failed: ${headlineOf(error)})` };
  };
  try {
    const bundle = value[displaySymbol]();
    return isThenable(bundle) ? Promise.resolve(bundle).then(checked).catch(failed) : checked(bundle);
  } catch (error) {
    return failed(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function structuredBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (typeof value !== "object" || value === null) return {};
  if (value instanceof Uint8Array) {
    const type = pictureType(value);
    return type ? { [type]: toBase64(value) } : textBundle(numbers(value));
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return textBundle(numbers(value as Float64Array));
  if (isTensor(value)) return { "text/plain": tensorText(value) };
  if (isPixels(value)) {
    const text = `Image ${value.width} × ${value.height}`;
    return png(value).then((encoded) => ({ "image/png": encoded, "text/plain": text }));
  }
  if (isPlotly(value)) {
    const { data, layout = {}, config = {} } = value;
    return { "application/vnd.plotly.v1+json": { data, layout, config }, "text/plain": "Plotly figure" };
  }
  if (value instanceof Map && value.size > 0) {
    return { "text/html": htmlTable([...value].map(([key, entry]) => ({ key, value: entry }))) };
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) {
    return { "text/html": htmlTable(value), [ROWS_TYPE]: plainRows(value) };
  }
  return {};
}

/** What `console.log` would print, cut where it is long. */
export function plainText(value: unknown): string {
  const text = cut(inspect(value, TEXT_OPTIONS));
  return text === PENDING ? `${text}\nput await before it to see its value` : text;
}

function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const rest = text.length - MAX_TEXT;
  return `${text.slice(0, MAX_TEXT)}\n… cut: ${rest} more characters; console.log prints all of it`;
}

/** Name, length and range before the values. */
function numbers(array: ArrayLike<number | bigint> & object): string {
  const shown = plainText(array);
  if (array.length <= 100 || typeof array[0] === "bigint") return shown;
  return `${shown}\n${range(array as ArrayLike<number>)}`;
}

function range(values: ArrayLike<number>): string {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let finite = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    finite++;
  }
  if (finite === 0) return "no finite values";
  const short = (value: number) => String(Number(value.toPrecision(4)));
  const missing = values.length - finite;
  const note = missing ? `, ${missing} not finite` : "";
  return `min ${short(low)}, max ${short(high)}, mean ${short(sum / finite)}${note}`;
}

function tensorText({ data, dims }: Tensor): string {
  return `Tensor float32 [${dims.join(", ")}], ${range(data)}\n${inspect(data, { maxArrayLength: 12, breakLength: 100 })}`;
}

interface Pixels {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

function isPixels(value: object): value is Pixels {
  const { data, width, height } = value as Partial<Pixels>;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) return false;
  if (!width || !height || !Number.isInteger(width) || !Number.isInteger(height)) return false;
  return [1, 3, 4].some((channels) => data.length === width * height * channels);
}

async function png({ data, width, height }: Pixels): Promise<string> {
  const { pictures } = await import("#platform/pictures");
  const channels = (data.length / (width * height)) as 1 | 3 | 4;
  return toBase64(await pictures.encode({ data, width, height, channels }, { format: "png" }));
}

function pictureType(bytes: Uint8Array): string | undefined {
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  if (starts(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (starts(0x47, 0x49, 0x46, 0x38)) return "image/gif";
  return undefined;
}

interface PlotlyFigure {
  data: Record<string, unknown>[];
  layout?: object;
  config?: object;
}

function isPlotly(value: object): value is PlotlyFigure {
  const { data, layout } = value as Partial<PlotlyFigure>;
  if (!Array.isArray(data) || data.length === 0 || !data.every(isRecord)) return false;
  const traces = data.every((trace) => typeof trace.type === "string" || "x" in trace || "y" in trace || "z" in trace);
  return traces && (typeof layout === "object" || data.every(({ type }) => typeof type === "string"));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.keys(value).length > 0;
}

/** The first rows with those of their values that JSON holds as they are. */
function plainRows(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const plain = (value: unknown) => value === null || ["string", "number", "boolean"].includes(typeof value);
  return rows
    .slice(0, MAX_ROWS)
    .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => plain(value))));
}

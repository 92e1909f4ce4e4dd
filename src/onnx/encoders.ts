import { SightlineError } from "../core/errors.js";
import { DataType } from "./constant.js";
import type { Graph, Port } from "./graph.js";
import { dependents } from "./surface.js";

/** The ways from a picture and from a text to their embeddings, in a file that holds one of them or both. */
interface Sides {
  readonly picture: readonly Port[];
  readonly text: readonly Port[];
}

/** A text encoder: inputs of token numbers [n, tokens], one output [n, features]. */
export interface TextGraph {
  readonly graph: Graph;
  readonly inputs: readonly Port[];
  readonly embedding: string;
}

/**
 * A graph of one picture input and one output: its embedding of length 1, float32 [n, features].
 * @param name the file's, for errors
 * @throws SightlineError `not-supported` where there is no such way through the file
 */
export function imageEncoder(file: Graph, name: string): Graph {
  const { picture, text } = sidesOf(file);
  if (picture.length !== 1) throw noSide(file, name, "picture", "one input of [batch, channels, height, width]");
  const port = embeddingOf(file, { from: picture, without: text, called: /image|vision|visual/i });
  if (!port) throw noEmbedding(file, name, "picture's");
  const graph = file.extract(picture, [port]);
  let vector = port.name;
  if (port.type !== DataType.FLOAT) vector = graph.op("Cast", [vector], { to: DataType.FLOAT }, "embedding");
  const unit = graph.op("LpNormalization", [vector], { axis: -1, p: 2 }, "embedding");
  graph.setOutputs([{ name: unit, type: DataType.FLOAT, dims: port.dims }]);
  return graph;
}

/** @param name the file's, for errors @throws SightlineError `not-supported` where there is no way from a text */
export function textEncoder(file: Graph, name: string): TextGraph {
  const { picture, text } = sidesOf(file);
  if (text.length === 0) throw noSide(file, name, "text", "an input of token numbers, [batch, tokens]");
  const port = embeddingOf(file, { from: text, without: picture, called: /text|sentence/i });
  if (!port) throw noEmbedding(file, name, "text's");
  const read = text.filter((input) => dependents(file, input.name).has(port.name));
  return { graph: file.extract(read, [port]), inputs: read, embedding: port.name };
}

/** The part that compares embeddings: `picture` and `text`, [n, features] each, become `scores`. */
export interface ScoringGraph {
  readonly graph: Graph;
  readonly picture: Port;
  readonly text: Port;
  readonly scores: string;
}

/** How a file that holds both encoders scores a picture and a text; undefined where it does not. */
export function scoringOf(file: Graph): ScoringGraph | undefined {
  const { picture: pictures, text: texts } = sidesOf(file);
  const picture = embeddingOf(file, { from: pictures, without: texts, called: /image|vision|visual/i });
  const text = embeddingOf(file, { from: texts, without: pictures, called: /text|sentence/i });
  if (!picture || !text) return undefined;
  const reached = [picture, text].map(({ name }) => dependents(file, name));
  const both = file.outputs.filter(({ name }) => reached.every((names) => names.has(name)));
  const scores = both.find(({ name }) => /image/i.test(name)) ?? both[0];
  if (!scores) return undefined;
  const ports = [picture, text].map((port) => ({ ...port, dims: ["n", ...(port.dims?.slice(1) ?? [undefined])] }));
  try {
    return { graph: file.extract(ports, [scores]), picture: ports[0], text: ports[1], scores: scores.name };
  } catch (error) {
    if (error instanceof SightlineError && error.code === "bad-model") return undefined;
    throw error;
  }
}

/** The one value of an output that depends on no input and is called so; undefined where there is none. */
export function constantOutput(file: Graph, called: RegExp): number | undefined {
  const port = file.outputs.find(({ name }) => called.test(name));
  const value = port && file.constant(port.name);
  return value?.data.length === 1 ? Number(value.data[0]) : undefined;
}

function sidesOf(file: Graph): Sides {
  const rank = ({ dims }: Port) => dims?.length;
  const picture = file.inputs.filter((port) => rank(port) === 4);
  const text = file.inputs.filter(
    (port) => (rank(port) ?? 2) <= 2 && [DataType.INT64, DataType.INT32, DataType.BOOL].includes(port.type),
  );
  return { picture, text };
}

interface Way {
  readonly from: readonly Port[];
  readonly without: readonly Port[];
  readonly called: RegExp;
}

/** The output that holds one vector for each picture or text: by its name where several do. */
function embeddingOf(file: Graph, { from, without, called }: Way): Port | undefined {
  const reached = new Set(from.flatMap(({ name }) => [...dependents(file, name)]));
  const others = new Set(without.flatMap(({ name }) => [...dependents(file, name)]));
  const vectors = file.outputs.filter(
    ({ name, dims }) => reached.has(name) && !others.has(name) && (dims === undefined || dims.length === 2),
  );
  const byName = [called, /embed|feature/i, /pool/i].map((word) => vectors.filter(({ name }) => word.test(name)));
  return [...byName, vectors].find((found) => found.length > 0)?.[0];
}

const listed = (ports: readonly Port[]) =>
  ports.map(({ name, dims }) => `${name} [${dims?.map((dim) => dim ?? "?").join(", ") ?? "?"}]`).join(", ") || "none";

function noSide(file: Graph, name: string, what: string, expected: string): SightlineError {
  return new SightlineError("not-supported", `'${name}' takes no ${what}`, { received: listed(file.inputs), expected });
}

function noEmbedding(file: Graph, name: string, whose: string): SightlineError {
  return new SightlineError("not-supported", `no output of '${name}' is a ${whose} embedding`, {
    received: listed(file.outputs),
    expected: "an output of [batch, features], such as image_embeds or text_embeds",
    next: "export the model with its projection, as CLIPVisionModelWithProjection and CLIPTextModelWithProjection",
  });
}

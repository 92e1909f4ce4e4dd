import { files } from "#platform/files";
import { createSha256, sha256 } from "#platform/hash";
import { edition, engine } from "#platform/versions";
import { SightlineError } from "../core/errors.js";
import { nextTurn } from "../core/event-loop.js";
import type { GradientGraph } from "../onnx/autodiff/differentiate.js";
import { Graph, type TensorProto } from "../onnx/graph.js";
import { splitWeights, takeWeights, withWeightsBeside } from "../onnx/split-weights.js";
import { makeRoom } from "./cache.js";

/** Bytes of a file that is kept, and of all of them together; those that were written first make room. */
const MOST_OF_FILE = 2 ** 28;
const MOST_OF_FOLDER = 2 ** 30;
const MOST_FILES = 200;
/** Nodes and bytes of weights below which a graph is derived as fast as it is read. */
const FEW_NODES = 256;
const FEW_BYTES = 2 ** 20;
const FOLDER = "gradients";
/** Memory in which weights of a kept graph lie: the model's own, or the file's. */
const MODEL = 0;
const FILE = 1;
/** Bytes that are hashed or written before others have their turn. */
const PIECE = 2 ** 23;
const HASH_LENGTH = 64;

/** What stands before the graph and its weights, as a line of JSON. */
interface Header {
  readonly structure: number;
  readonly ports: Omit<GradientGraph, "graph" | "gradients" | "values"> & {
    readonly gradients: readonly (readonly [string, string])[];
    readonly values: readonly (readonly [string, string])[];
  };
}

/**
 * Backward graphs of one model in the cache, so that the next process need not derive them again. A file begins with the
 * SHA-256 of the rest and holds the graph and the weights that were derived for it; the model's own are the model's. Its
 * name says of what it was made: the model's file, what is asked, the runtime, and the code that derives graphs.
 */
export class GradientStore {
  /** The graph whose backward graphs these are. */
  readonly graph: Graph;
  readonly #model: string;
  #structure?: string;

  /** @param model the SHA-256 of its file */
  constructor(graph: Graph, model: string) {
    this.graph = graph;
    this.#model = model;
  }

  /** The store of a model that was read from files; none where what is written does not last. */
  static of(graph: Graph, model: string): GradientStore | undefined {
    return edition === "node" ? new GradientStore(graph, model) : undefined;
  }

  /** The path of what is asked. @param asked whatever the backward graph depends on, besides the model */
  async pathOf(asked: unknown): Promise<string> {
    this.#structure ??= sha256(splitWeights(this.graph).structure);
    const key = [engine("cpu"), await codeDigest(), this.#model, this.#structure, asked];
    return files.join(files.cacheFolder(), FOLDER, `${sha256(JSON.stringify(key))}.grad`);
  }

  /** What was kept; undefined where nothing was, or where the file is not as it was written. */
  async read(path: string): Promise<GradientGraph | undefined> {
    if (!files.existsSync(path)) return undefined;
    try {
      const bytes = await files.readShared(path, { atMost: MOST_OF_FILE });
      const hash = new TextDecoder().decode(bytes.slice(0, HASH_LENGTH));
      const rest = bytes.subarray(HASH_LENGTH);
      if (hash !== (await hashOf([rest]))) return undefined;
      const end = rest.indexOf(10);
      const { structure, ports } = JSON.parse(new TextDecoder().decode(rest.slice(0, end))) as Header;
      const graph = Graph.parse(rest.subarray(end + 1, end + 1 + structure));
      const own = rest.subarray(end + 1 + structure);
      takeWeights(graph, (name, { memory, offset }, length) =>
        memory === MODEL ? this.#ownWeight(name, length) : own.subarray(offset, offset + length),
      );
      return { ...ports, graph, gradients: new Map(ports.gradients), values: new Map(ports.values) };
    } catch {
      return undefined;
    }
  }

  /** Keeps a backward graph, as far as there is room and the cache can be written. */
  async write(path: string, { graph, ...ports }: GradientGraph): Promise<void> {
    if (graph.nodes.length < FEW_NODES && graph.weightBytes() < FEW_BYTES) return;
    const own: Uint8Array[] = [];
    let size = 0;
    const structure = withWeightsBeside(graph, (tensor) => {
      if (this.#isOwn(tensor)) return { memory: MODEL, offset: 0 };
      const offset = size;
      own.push(tensor.rawData);
      size += tensor.rawData.length;
      return { memory: FILE, offset };
    });
    const header: Header = {
      structure: structure.length,
      ports: { ...ports, gradients: [...ports.gradients], values: [...ports.values] },
    };
    const pieces = [new TextEncoder().encode(`${JSON.stringify(header)}\n`), structure, ...own];
    const length = HASH_LENGTH + pieces[0].length + structure.length + size;
    if (length > MOST_OF_FILE) return;
    try {
      const hash = new TextEncoder().encode(await hashOf(pieces));
      await files.makeFolder(files.dirname(path));
      await makeRoom(files.dirname(path), { files: MOST_FILES, bytes: MOST_OF_FOLDER }, length);
      await files.writeFileAtomic(path, (draft) => writePieces(draft, [hash, ...pieces]));
    } catch {
      // the next process derives it again
    }
  }

  #isOwn({ name, rawData }: TensorProto): boolean {
    return this.graph.initializers.get(name)?.rawData === rawData;
  }

  #ownWeight(name: string, length: number): Uint8Array {
    const weight = this.graph.initializers.get(name)?.rawData;
    if (weight?.length === length) return weight;
    throw new SightlineError("bad-model", `the model has no weight '${name}' of ${length} bytes`);
  }
}

let code: Promise<string> | undefined;

/** Of the code that derives graphs: versions alone do not tell two states of it apart. */
function codeDigest(): Promise<string> {
  code ??= (async () => {
    const folder = files.fromUrl(files.assetUrl("onnx"));
    const folders = ["", "autodiff", "autodiff/relevance"].map((name) => files.join(folder, name));
    const texts = await Promise.all(
      folders.map(async (inside) => {
        const names = (await files.list(inside)).filter((name) => files.extname(name) === ".js");
        return Promise.all(names.map((name) => files.read(files.join(inside, name))));
      }),
    );
    return sha256(...texts.flat());
  })();
  return code;
}

function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) for (let at = 0; at < part.length; at += PIECE) yield part.subarray(at, at + PIECE);
}

async function hashOf(parts: readonly Uint8Array[]): Promise<string> {
  const hash = createSha256();
  for (const piece of piecesOf(parts)) {
    hash.update(piece);
    if (piece.length === PIECE) await nextTurn();
  }
  return hash.hex();
}

async function writePieces(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const writer = await files.writer(path);
  try {
    for (const piece of piecesOf(parts)) await writer.write(piece);
  } finally {
    await writer.close();
  }
}

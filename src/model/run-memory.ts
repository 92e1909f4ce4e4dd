import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { files } from "#platform/files";
import { sha256 } from "#platform/hash";
import { engine } from "#platform/versions";
import { fromBase64, toBase64 } from "../core/bytes.js";
import { type Constant, readConstant, writeConstant } from "../onnx/constant.js";
import type { Graph } from "../onnx/graph.js";
import { GraphProtoSchema } from "../onnx/proto/onnx-ml_pb.js";
import type { GraphRunner, OpenGraph } from "../onnx/shapes.js";
import { splitWeights } from "../onnx/split-weights.js";
import { makeRoom, writeToCache } from "./cache.js";
import type { Session, SessionHost } from "./session.js";
import type { ResolvedModel } from "./source.js";
import { TrialInput } from "./trial-input.js";

/** Bytes of answers that one run may leave in the memory, and all runs of a model together. */
const MOST_OF_RUN = 2 ** 20;
const MOST_OF_MODEL = 2 ** 22;
/** Models that are remembered; the one that was written first makes room. */
const MOST_MODELS = 100;
const FOLDER = "learned";

/** A run's tensors as a serialised GraphProto in base64, or a number that was measured. */
type Kept = string | number;

/**
 * What graphs of one model answered when they were run to learn shapes and the like: kept in the cache, so that the next
 * load need not run them again. A file that is damaged is as good as none.
 */
export class RunMemory {
  readonly #path: string | undefined;
  readonly #entries: Map<string, Kept>;
  #learned = false;

  /** One that is forgotten with its model, unless a path is given. */
  constructor(path?: string, entries: Iterable<readonly [string, Kept]> = []) {
    this.#path = path;
    this.#entries = new Map(entries);
  }

  /** What was learned here of a model; where nothing was, what came with one of ours. */
  static async of({ sha256: model, trusted }: Pick<ResolvedModel, "sha256" | "trusted">): Promise<RunMemory> {
    const runtime = sha256(engine("cpu")).slice(0, 8);
    const path = files.join(files.cacheFolder(), FOLDER, `${model}-${runtime}.json`);
    const own = files.existsSync(path) ? await readEntries(path) : [];
    if (own.length > 0 || !trusted) return new RunMemory(path, own);
    const memory = new RunMemory(path, await readEntries(files.join(files.cacheFolder(), lessonName(model))));
    memory.#learned = memory.#entries.size > 0;
    return memory;
  }

  /** What was learned, to come with the model: answers alone, as what was measured holds for one machine. */
  lesson(): string {
    return fileOf([...this.#entries].filter(([, kept]) => typeof kept === "string"));
  }

  recall(key: string): Kept | undefined {
    return this.#entries.get(key);
  }

  learn(key: string, value: Kept): void {
    this.#entries.set(key, value);
    this.#learned = true;
  }

  /** Writes what is new, as far as the cache can be written. */
  async save(): Promise<void> {
    if (!this.#learned || this.#path === undefined) return;
    this.#learned = false;
    try {
      await makeRoom(files.dirname(this.#path), { files: MOST_MODELS });
      await writeToCache(this.#path, fileOf([...this.#entries]));
    } catch {
      // the next load learns it again
    }
  }
}

/** Path below the cache of what comes with a model. */
export const lessonName = (model: string): string => `${FOLDER}/${model}.json`;

/** Entries with a hash before them; the oldest are left out where there are too many. */
function fileOf(entries: readonly (readonly [string, Kept])[]): string {
  const lines = entries.map((entry) => JSON.stringify(entry));
  for (let size = lines.join().length; size > MOST_OF_MODEL; ) size -= (lines.shift() as string).length + 1;
  const text = `[${lines.join()}]`;
  return `${sha256(text)}\n${text}`;
}

async function readEntries(path: string): Promise<readonly (readonly [string, Kept])[]> {
  try {
    const text = await files.readText(path, { atMost: 2 * MOST_OF_MODEL });
    const [hash] = text.split("\n", 1);
    const json = text.slice(hash.length + 1);
    return sha256(json) === hash ? (JSON.parse(json) as [string, Kept][]) : [];
  } catch {
    return [];
  }
}

/** Runs graphs of a model; one that is only asked what is remembered is never opened. */
export class RememberingRunner implements GraphRunner {
  readonly host: SessionHost;
  readonly memory: RunMemory;

  constructor(host: SessionHost, memory: RunMemory) {
    this.host = host;
    this.memory = memory;
  }

  async open(graph: Graph): Promise<RememberedGraph> {
    return new RememberedGraph(graph, this.host, this.memory);
  }
}

/** A graph that is opened once a question comes to which the answer is not known. */
export class RememberedGraph implements OpenGraph {
  readonly #graph: Graph;
  readonly #host: SessionHost;
  readonly #memory: RunMemory;
  #structure?: string;
  #session?: Promise<Session>;

  constructor(graph: Graph, host: SessionHost, memory: RunMemory) {
    this.#graph = graph;
    this.#host = host;
    this.#memory = memory;
  }

  /** The graph's session, which the caller closes. */
  session(): Promise<Session> {
    this.#session ??= this.#host.open(this.#graph);
    return this.#session;
  }

  async run(
    feeds: Readonly<Record<string, Constant>>,
    fetches: readonly string[],
  ): Promise<ReadonlyMap<string, Constant>> {
    const memory = this.#memory;
    const key = this.#keyOf(feeds, fetches);
    const kept = memory.recall(key);
    if (typeof kept === "string") return thawed(kept);
    const answer = await (await this.session()).run(feeds, fetches);
    if (bytesOf(answer) <= MOST_OF_RUN) memory.learn(key, frozen(answer));
    return answer;
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await (await session)?.close();
  }

  #keyOf(feeds: Readonly<Record<string, Constant>>, fetches: readonly string[]): string {
    this.#structure ??= sha256(splitWeights(this.#graph).structure);
    const named = Object.entries(feeds).map(([name, feed]) => [name, feed.type, feed.dims, recipeOf(feed) ?? null]);
    const asked = JSON.stringify([this.#structure, fetches, named]);
    const unnamed = Object.values(feeds).filter((feed) => recipeOf(feed) === undefined);
    return sha256(asked, ...unnamed.map(({ data }) => viewOf(data)));
  }
}

const recipeOf = (feed: Constant) => (feed instanceof TrialInput ? feed.recipe : undefined);

function viewOf({ buffer, byteOffset, byteLength }: Constant["data"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function bytesOf(answer: ReadonlyMap<string, Constant>): number {
  return [...answer.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

function frozen(answer: ReadonlyMap<string, Constant>): string {
  const initializer = [...answer].map(([name, value]) => writeConstant(name, value));
  return toBase64(toBinary(GraphProtoSchema, create(GraphProtoSchema, { initializer })));
}

function thawed(kept: string): ReadonlyMap<string, Constant> {
  const { initializer } = fromBinary(GraphProtoSchema, fromBase64(kept));
  return new Map(initializer.map((tensor) => [tensor.name, readConstant(tensor)]));
}

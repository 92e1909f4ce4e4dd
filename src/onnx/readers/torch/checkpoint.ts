import { SightlineError } from "../../../core/errors.js";
import { sizeOf } from "../../../core/tensor.js";
import { type Constant, type ConstantData, DataType, widenBfloat16, widenFloat16 } from "../../constant.js";
import { Global, type PickleHooks, type PickleValue, unpickle } from "./pickle.js";

interface StorageType {
  readonly type: DataType;
  readonly width: number;
  /** Reads `count` values that start at a byte; the buffer is a copy of its own. */
  readonly read: (buffer: ArrayBuffer) => ConstantData;
}

const STORAGES: Readonly<Record<string, StorageType>> = {
  "torch.FloatStorage": { type: DataType.FLOAT, width: 4, read: (buffer) => new Float32Array(buffer) },
  "torch.DoubleStorage": { type: DataType.DOUBLE, width: 8, read: (buffer) => new Float64Array(buffer) },
  "torch.HalfStorage": { type: DataType.FLOAT16, width: 2, read: (buffer) => widenFloat16(new Uint16Array(buffer)) },
  "torch.BFloat16Storage": {
    type: DataType.BFLOAT16,
    width: 2,
    read: (buffer) => widenBfloat16(new Uint16Array(buffer)),
  },
  "torch.LongStorage": { type: DataType.INT64, width: 8, read: (buffer) => new BigInt64Array(buffer) },
  "torch.IntStorage": { type: DataType.INT32, width: 4, read: (buffer) => new Int32Array(buffer) },
  "torch.ShortStorage": { type: DataType.INT16, width: 2, read: (buffer) => new Int16Array(buffer) },
  "torch.CharStorage": { type: DataType.INT8, width: 1, read: (buffer) => new Int8Array(buffer) },
  "torch.ByteStorage": { type: DataType.UINT8, width: 1, read: (buffer) => new Uint8Array(buffer) },
  "torch.BoolStorage": { type: DataType.BOOL, width: 1, read: (buffer) => new Uint8Array(buffer) },
};

/** A piece of memory that tensors are cut from; its bytes come later in the file. */
class Storage {
  bytes?: Uint8Array;
  constructor(
    readonly kind: StorageType,
    readonly key: string,
    readonly count: number,
  ) {}
}

/** A tensor before its storage has been read. */
class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly dims: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
const MOST_DIMENSIONS = 16;
/** How often tensors may copy a storage's values. Cut or transposed weights copy them once or twice. */
const MOST_COPIES = 16;
const CONTAINERS = ["state_dict", "model_state_dict", "model", "params"];

/**
 * The tensors of a checkpoint in PyTorch's legacy format: a chain of pickles, then the raw storages.
 * @throws SightlineError `bad-checkpoint`
 */
export function readLegacyCheckpoint(bytes: Uint8Array): ReadonlyMap<string, Constant> {
  const storages = new Map<string, Storage>();
  const hooks = hooksFor(storages);
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(bytes, at, hooks);
    at = end;
    return value;
  };
  if (next() !== LEGACY_MAGIC) throw bad("it does not begin with PyTorch's magic number");
  if (next() !== LEGACY_PROTOCOL) throw bad("its protocol is not 1001");
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true) throw bad("its numbers are not little-endian");
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw bad("its list of storages is missing");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage)
      throw bad(typeof key === "string" ? `the storage ${key} belongs to no tensor` : "a storage has no name");
    if (at + 8 > bytes.length) throw bad("it ends too early");
    const count = Number(view.getBigInt64(at, true));
    at += 8;
    if (count !== storage.count) throw bad(`the storage ${key} has ${count} values, not ${storage.count}`);
    const length = count * storage.kind.width;
    if (at + length > bytes.length) throw bad("it ends too early");
    storage.bytes = bytes.subarray(at, at + length);
    at += length;
  }
  return tensorsOf(root);
}

/**
 * The tensors of a checkpoint in PyTorch's zip format.
 * @param pickle the entry `data.pkl`
 * @param entry bytes of another entry of the archive's folder: `data/0`, `byteorder`
 * @throws SightlineError `bad-checkpoint`
 */
export function readZippedCheckpoint(
  pickle: Uint8Array,
  entry: (name: string) => Uint8Array | undefined,
): ReadonlyMap<string, Constant> {
  const storages = new Map<string, Storage>();
  const order = entry("byteorder");
  if (order && new TextDecoder().decode(order) !== "little") throw bad("its numbers are not little-endian");
  const { value: root } = unpickle(pickle, 0, hooksFor(storages));
  for (const [key, storage] of storages) {
    storage.bytes = entry(`data/${key}`);
    if (storage.bytes?.length !== storage.count * storage.kind.width)
      throw bad(`the storage ${key} is missing or cut off`);
  }
  return tensorsOf(root);
}

function hooksFor(storages: Map<string, Storage>): PickleHooks {
  return {
    names: new Set(Object.keys(STORAGES)),
    calls: {
      "collections.OrderedDict": (args) => {
        if (args.length > 0) throw bad("an ordered dict comes with arguments");
        return new Map();
      },
      "torch._utils._rebuild_tensor_v2": ([storage, offset, dims, strides]) => {
        if (!(storage instanceof Storage) || !isCount(offset) || !isCounts(dims) || !isCounts(strides)) {
          throw bad("the description of a tensor is invalid");
        }
        return checked(new TensorView(storage, offset, [...dims], [...strides]));
      },
      "torch._utils._rebuild_parameter": ([tensor]) => tensor,
    },
    persistent(id) {
      const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
      const storageType = type instanceof Global ? STORAGES[type.path] : undefined;
      if (kind !== "storage" || !storageType || typeof key !== "string" || !isCount(count) || (view ?? null) !== null) {
        throw bad("the description of a storage is invalid");
      }
      const before = storages.get(key);
      if (before) {
        if (before.kind !== storageType || before.count !== count) throw bad(`the storage ${key} is described twice`);
        return before;
      }
      const storage = new Storage(storageType, key, count);
      storages.set(key, storage);
      return storage;
    },
  };
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MOST_DIMENSIONS && value.every(isCount);
}

function checked(tensor: TensorView): TensorView {
  const { storage, offset, dims, strides } = tensor;
  const last = dims.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis], offset);
  const size = sizeOf(dims);
  if (strides.length !== dims.length || size > storage.count || (size > 0 && last >= storage.count)) {
    throw bad(`a tensor of [${dims.join(", ")}] reaches beyond its storage of ${storage.count} values`);
  }
  return tensor;
}

function tensorsOf(root: PickleValue): ReadonlyMap<string, Constant> {
  let dict = root;
  for (const name of CONTAINERS) {
    const inner = dict instanceof Map ? dict.get(name) : undefined;
    if (inner instanceof Map) dict = inner;
  }
  const views = new Map<string, TensorView>();
  if (dict instanceof Map) {
    for (const [name, value] of dict) {
      if (typeof name === "string" && value instanceof TensorView) views.set(name, value);
    }
  }
  if (views.size === 0) throw bad("it holds no tensors by name");
  const storages = readStorages(views.values());
  const tensors = new Map<TensorView, Constant>();
  for (const view of views.values()) {
    if (!tensors.has(view)) tensors.set(view, materialise(view, storages.get(view.storage) as ConstantData));
  }
  return new Map(Array.from(views, ([name, view]) => [name, tensors.get(view) as Constant]));
}

/** The values of every storage that tensors are cut from; tensors may overlap, but not so often that they fill the memory. */
function readStorages(views: Iterable<TensorView>): ReadonlyMap<Storage, ConstantData> {
  const asked = new Map<Storage, number>();
  for (const { storage, dims } of new Set(views)) {
    asked.set(storage, (asked.get(storage) ?? 0) + sizeOf(dims));
  }
  const values = new Map<Storage, ConstantData>();
  for (const [storage, size] of asked) {
    if (!storage.bytes) throw bad(`the storage ${storage.key} is missing`);
    if (size > MOST_COPIES * storage.count) {
      throw bad(`tensors ask for ${size} values of the storage ${storage.key}, which has ${storage.count}`);
    }
    values.set(storage, storage.kind.read(new Uint8Array(storage.bytes).buffer));
  }
  return values;
}

function materialise({ storage, offset, dims, strides }: TensorView, values: ConstantData): Constant {
  const size = sizeOf(dims);
  const data = values.slice(0, size);
  const index = new Array<number>(dims.length).fill(0);
  for (let i = 0, from = offset; i < size; i++) {
    data[i] = values[from];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < dims[axis]) break;
      from -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return { type: storage.kind.type, dims, data };
}

function bad(why: string): SightlineError {
  return new SightlineError("bad-checkpoint", `the PyTorch checkpoint cannot be read: ${why}`, {
    expected: "a state_dict that torch.save wrote",
    next: "check that the file is complete",
  });
}

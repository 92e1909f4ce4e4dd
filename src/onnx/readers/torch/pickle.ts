import { SightlineError } from "../../../core/errors.js";

/** A name that a pickle asks for: a class or a function of Python's. Nothing is ever imported for it. */
export class Global {
  constructor(readonly path: string) {}
}

/** What a pickle holds: Python's dicts become maps, lists and tuples arrays, large integers bigints. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Global
  | object;

/** What names stand for. Whatever is not here cannot be called, and a pickle that asks for it is refused. */
export interface PickleHooks {
  /** Functions and classes that may be called, by their full Python name. */
  readonly calls: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>>;
  /** Names that may be mentioned but not called. */
  readonly names: ReadonlySet<string>;
  persistent(id: PickleValue): PickleValue;
}

const MARK = Symbol("mark");
/** A checkpoint's pickle has some ten operations per tensor; a bound against files made to exhaust memory. */
const MOST_OPERATIONS = 20_000_000;

/**
 * Reads one pickle (protocols 0 to 5 as far as checkpoints use them) from a position. Builds plain data only.
 * @returns the value and the position behind it
 * @throws SightlineError `bad-checkpoint` when the bytes are no pickle, or it asks for anything that is not allowed
 */
export function unpickle(bytes: Uint8Array, start: number, hooks: PickleHooks): { value: PickleValue; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const stack: (PickleValue | typeof MARK)[] = [];
  const memo = new Map<number, PickleValue>();
  let at = start;

  const skip = (count: number) => {
    if (count < 0 || at + count > bytes.length) throw broken("it ends too early");
    at += count;
    return at - count;
  };
  const byte = () => view.getUint8(skip(1));
  const text = (length: number) => {
    const from = skip(length);
    return decoder.decode(bytes.subarray(from, from + length));
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw broken("a line does not end");
    const found = decoder.decode(bytes.subarray(at, end));
    at = end + 1;
    return found;
  };
  const length64 = () => Number(view.getBigUint64(skip(8), true));
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || value === MARK) throw broken("its stack is empty");
    return value;
  };
  const popToMark = (): PickleValue[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw broken("a mark is missing");
    const values = stack.splice(mark).slice(1);
    return values as PickleValue[];
  };
  const top = (): PickleValue => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const recall = (key: number) => {
    if (!memo.has(key)) throw broken("it recalls what it never stored");
    stack.push(memo.get(key) as PickleValue);
  };
  const list = (value: PickleValue) => {
    if (!Array.isArray(value)) throw broken("it appends to something else than a list");
    return value;
  };
  const fill = (target: PickleValue, pairs: readonly PickleValue[]) => {
    if (!(target instanceof Map) || pairs.length % 2) throw broken("it sets items of something else than a dict");
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  };
  const global = (path: string) => {
    if (Object.hasOwn(hooks.calls, path) || hooks.names.has(path)) return new Global(path);
    throw new SightlineError("bad-checkpoint", `the checkpoint asks for '${path}'`, {
      received: path,
      expected: "tensors and plain containers only",
      next: "do not load it elsewhere either unless its source is trusted; save the bare state_dict",
    });
  };
  const call = (callee: PickleValue, args: PickleValue) => {
    const known = callee instanceof Global && Object.hasOwn(hooks.calls, callee.path) && hooks.calls[callee.path];
    if (!known || !Array.isArray(args)) throw broken("it calls something that cannot be called");
    return known(args);
  };
  const integer = (length: number) => {
    const from = skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]);
    if (length > 0 && bytes[from + length - 1] & 0x80) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };

  const operations: Readonly<Record<number, () => void>> = {
    128: () => void byte(), // PROTO
    149: () => void skip(8), // FRAME
    40: () => void stack.push(MARK),
    48: () => void pop(), // POP
    49: () => void popToMark(), // POP_MARK
    50: () => void stack.push(top()), // DUP
    78: () => void stack.push(null),
    136: () => void stack.push(true),
    137: () => void stack.push(false),
    74: () => void stack.push(view.getInt32(skip(4), true)), // BININT
    75: () => void stack.push(byte()), // BININT1
    77: () => void stack.push(view.getUint16(skip(2), true)), // BININT2
    138: () => void stack.push(integer(byte())), // LONG1
    71: () => void stack.push(view.getFloat64(skip(8), false)), // BINFLOAT
    85: () => void stack.push(text(byte())), // SHORT_BINSTRING
    84: () => void stack.push(text(view.getInt32(skip(4), true))), // BINSTRING
    140: () => void stack.push(text(byte())), // SHORT_BINUNICODE
    88: () => void stack.push(text(view.getUint32(skip(4), true))), // BINUNICODE
    141: () => void stack.push(text(length64())), // BINUNICODE8
    125: () => void stack.push(new Map()), // EMPTY_DICT
    100: () => {
      const dict = new Map<PickleValue, PickleValue>(); // DICT
      fill(dict, popToMark());
      stack.push(dict);
    },
    93: () => void stack.push([]), // EMPTY_LIST
    108: () => void stack.push(popToMark()), // LIST
    41: () => void stack.push([]), // EMPTY_TUPLE
    116: () => void stack.push(popToMark()), // TUPLE
    133: () => void stack.push([pop()]), // TUPLE1
    134: () => void stack.push([pop(), pop()].reverse()), // TUPLE2
    135: () => void stack.push([pop(), pop(), pop()].reverse()), // TUPLE3
    97: () => {
      const value = pop(); // APPEND
      list(top()).push(value);
    },
    101: () => {
      const values = popToMark(); // APPENDS
      const target = list(top());
      for (const value of values) target.push(value);
    },
    115: () => {
      const [value, key] = [pop(), pop()]; // SETITEM
      fill(top(), [key, value]);
    },
    117: () => {
      const pairs = popToMark(); // SETITEMS
      fill(top(), pairs);
    },
    113: () => void memo.set(byte(), top()), // BINPUT
    114: () => void memo.set(view.getUint32(skip(4), true), top()), // LONG_BINPUT
    148: () => void memo.set(memo.size, top()), // MEMOIZE
    104: () => recall(byte()), // BINGET
    106: () => recall(view.getUint32(skip(4), true)), // LONG_BINGET
    99: () => void stack.push(global(`${line()}.${line()}`)), // GLOBAL
    147: () => {
      const [name, module] = [pop(), pop()]; // STACK_GLOBAL
      stack.push(global(`${module}.${name}`));
    },
    82: () => {
      const args = pop(); // REDUCE
      stack.push(call(pop(), args));
    },
    129: () => {
      const args = pop(); // NEWOBJ
      stack.push(call(pop(), args));
    },
    98: () => void pop(), // BUILD: an object's attributes, of which no tensor is made
    81: () => void stack.push(hooks.persistent(pop())), // BINPERSID
  };

  const STOP = 0x2e;
  for (let count = 0; count < MOST_OPERATIONS; count++) {
    const code = byte();
    if (code === STOP) return { value: pop(), end: at };
    const operation = operations[code];
    if (!operation) throw broken(`the operation 0x${code.toString(16)} is not one of a checkpoint's`);
    operation();
  }
  throw broken("it has too many operations");
}

function broken(why: string): SightlineError {
  return new SightlineError("bad-checkpoint", `the checkpoint's pickle cannot be read: ${why}`, {
    expected: "a file that torch.save wrote",
    next: "check that it is complete",
  });
}

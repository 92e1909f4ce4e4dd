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
  const machine = new Machine(bytes, start, hooks);
  for (let count = 0; count < MOST_OPERATIONS; count++) {
    const code = machine.byte();
    if (code === STOP) return { value: machine.pop(), end: machine.position };
    const operation = OPERATIONS[code];
    if (!operation) throw broken(`the operation 0x${code.toString(16)} is not one of a checkpoint's`);
    operation(machine);
  }
  throw broken("it has too many operations");
}

const STOP = 0x2e;

/** The machine that a pickle is a program for: bytes to read, a stack of values and a memory of some of them. */
class Machine {
  readonly memo = new Map<number, PickleValue>();
  readonly hooks: PickleHooks;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #decoder = new TextDecoder();
  #at: number;

  constructor(bytes: Uint8Array, start: number, hooks: PickleHooks) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.hooks = hooks;
  }

  get position(): number {
    return this.#at;
  }

  /** Where the next bytes begin, after going past them. */
  skip(count: number): number {
    if (count < 0 || this.#at + count > this.#bytes.length) throw broken("it ends too early");
    this.#at += count;
    return this.#at - count;
  }

  byte(): number {
    return this.#view.getUint8(this.skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true));
  }

  float64(): number {
    return this.#view.getFloat64(this.skip(8), false);
  }

  text(length: number): string {
    const from = this.skip(length);
    return this.#decoder.decode(this.#bytes.subarray(from, from + length));
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw broken("a line does not end");
    const line = this.#decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return line;
  }

  /** A whole number of so many bytes in two's complement. */
  integer(length: number): number | bigint {
    const from = this.skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[from + i]);
    if (length > 0 && this.#bytes[from + length - 1] & 0x80) value -= 1n << BigInt(8 * length);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  push(value: PickleValue | typeof MARK): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw broken("its stack is empty");
    return value;
  }

  popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw broken("a mark is missing");
    return this.#stack.splice(mark).slice(1) as PickleValue[];
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  recall(key: number): void {
    if (!this.memo.has(key)) throw broken("it recalls what it never stored");
    this.push(this.memo.get(key) as PickleValue);
  }

  append(values: readonly PickleValue[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw broken("it appends to something else than a list");
    for (const value of values) target.push(value);
  }

  setItems(target: PickleValue, pairs: readonly PickleValue[]): void {
    if (!(target instanceof Map) || pairs.length % 2) throw broken("it sets items of something else than a dict");
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  }

  pushGlobal(path: string): void {
    if (!Object.hasOwn(this.hooks.calls, path) && !this.hooks.names.has(path)) {
      throw new SightlineError("bad-checkpoint", `the checkpoint asks for '${path}'`, {
        received: path,
        expected: "tensors and plain containers only",
        next: "do not load it elsewhere either unless its source is trusted; save the bare state_dict",
      });
    }
    this.push(new Global(path));
  }

  /** Calls what lies below its arguments on the stack. */
  call(): void {
    const args = this.pop();
    const callee = this.pop();
    const { calls } = this.hooks;
    const allowed = callee instanceof Global && Object.hasOwn(calls, callee.path) ? calls[callee.path] : undefined;
    if (!allowed || !Array.isArray(args)) throw broken("it calls something that cannot be called");
    this.push(allowed(args));
  }
}

type Operation = (machine: Machine) => void;

const INTEGERS: Readonly<Record<number, Operation>> = {
  74: (m) => m.push(m.int32()), // BININT
  75: (m) => m.push(m.byte()), // BININT1
  77: (m) => m.push(m.uint16()), // BININT2
  138: (m) => m.push(m.integer(m.byte())), // LONG1
};

const TEXTS: Readonly<Record<number, Operation>> = {
  84: (m) => m.push(m.text(m.int32())), // BINSTRING
  85: (m) => m.push(m.text(m.byte())), // SHORT_BINSTRING
  88: (m) => m.push(m.text(m.uint32())), // BINUNICODE
  140: (m) => m.push(m.text(m.byte())), // SHORT_BINUNICODE
  141: (m) => m.push(m.text(m.uint64())), // BINUNICODE8
};

const CONTAINERS: Readonly<Record<number, Operation>> = {
  40: (m) => m.push(MARK),
  41: (m) => m.push([]), // EMPTY_TUPLE
  93: (m) => m.push([]), // EMPTY_LIST
  97: (m) => m.append([m.pop()]), // APPEND
  100: (m) => {
    const dict = new Map<PickleValue, PickleValue>(); // DICT
    m.setItems(dict, m.popToMark());
    m.push(dict);
  },
  101: (m) => m.append(m.popToMark()), // APPENDS
  108: (m) => m.push(m.popToMark()), // LIST
  115: (m) => {
    const [value, key] = [m.pop(), m.pop()]; // SETITEM
    m.setItems(m.top(), [key, value]);
  },
  116: (m) => m.push(m.popToMark()), // TUPLE
  117: (m) => {
    const pairs = m.popToMark(); // SETITEMS
    m.setItems(m.top(), pairs);
  },
  125: (m) => m.push(new Map()), // EMPTY_DICT
  133: (m) => m.push([m.pop()]), // TUPLE1
  134: (m) => m.push([m.pop(), m.pop()].reverse()), // TUPLE2
  135: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()), // TUPLE3
};

const MEMORY: Readonly<Record<number, Operation>> = {
  104: (m) => m.recall(m.byte()), // BINGET
  106: (m) => m.recall(m.uint32()), // LONG_BINGET
  113: (m) => void m.memo.set(m.byte(), m.top()), // BINPUT
  114: (m) => void m.memo.set(m.uint32(), m.top()), // LONG_BINPUT
  148: (m) => void m.memo.set(m.memo.size, m.top()), // MEMOIZE
};

const OPERATIONS: Readonly<Record<number, Operation>> = {
  ...INTEGERS,
  ...TEXTS,
  ...CONTAINERS,
  ...MEMORY,
  48: (m) => void m.pop(), // POP
  49: (m) => void m.popToMark(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  71: (m) => m.push(m.float64()), // BINFLOAT
  78: (m) => m.push(null),
  81: (m) => m.push(m.hooks.persistent(m.pop())), // BINPERSID
  82: (m) => m.call(), // REDUCE
  98: (m) => void m.pop(), // BUILD: an object's attributes, of which no tensor is made
  99: (m) => m.pushGlobal(`${m.line()}.${m.line()}`), // GLOBAL
  128: (m) => void m.byte(), // PROTO
  129: (m) => m.call(), // NEWOBJ
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  147: (m) => {
    const [name, module] = [m.pop(), m.pop()]; // STACK_GLOBAL
    if (typeof name !== "string" || typeof module !== "string") throw broken("it asks for a name that is no text");
    m.pushGlobal(`${module}.${name}`);
  },
  149: (m) => void m.skip(8), // FRAME
};

function broken(why: string): SightlineError {
  return new SightlineError("bad-checkpoint", `the checkpoint's pickle cannot be read: ${why}`, {
    expected: "a file that torch.save wrote",
    next: "check that it is complete",
  });
}

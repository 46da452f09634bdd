// unpickle.ts — a pickle machine that builds data and nothing else.
//
// A pickle is a program for a stack machine. Python's own runs any function that the program names, which is why a
// checkpoint can take over a computer. Here a named function is a `Global`, a call of it goes through the allow-list
// of torch-globals.ts, and a call of anything else gives an `Opaque`: a name and no more.

import { SignwaveError } from '@signwave/format';
import { isDangerousGlobal } from './dangerous-globals.js';
import {
  MAX_GLOBAL_NAME_CHARACTERS,
  MAX_MEMO_ENTRIES,
  MAX_NESTING,
  MAX_PICKLE_VALUES,
  MAX_STACK_DEPTH,
} from './limits.js';
import { type Fail, PickleCursor } from './pickle-cursor.js';
import { OPERATIONS, STOP } from './pickle-opcodes.js';
import {
  describe,
  Global,
  Opaque,
  PickleDict,
  PickleSequence,
  type PickleValue,
  StorageRef,
  showPath,
  TensorRef,
} from './pickle-values.js';
import { quote } from './quote.js';
import { isKnownGlobal, rebuild, storageOf } from './torch-globals.js';

/** What a pickle stream describes. */
export interface Unpickled {
  readonly value: PickleValue;
  /** Classes and functions that aren't on the allow-list: `module.name` -> byte of the stream that first names it. */
  readonly foreign: ReadonlyMap<string, number>;
  /** Every storage that the stream names, by key; a key that names two different ones is refused. */
  readonly storages: ReadonlyMap<string, StorageRef>;
  /** Where the stream ended: one past its STOP. */
  readonly endBytes: number;
}

/**
 * Read a pickle stream without building or calling anything it names.
 *
 * @param bytes the content of `data.pkl`.
 * @param sourceName the checkpoint's name, for messages.
 * @param where what to call the stream in messages.
 * @throws {SignwaveError} `E_CHECKPOINT_PICKLE`, with the byte offset, if the stream is malformed, exceeds a limit of
 *   limits.ts, or names a function that only an attack would call.
 */
export function unpickle(bytes: Uint8Array, sourceName: string, where = 'data.pkl'): Unpickled {
  return new PickleMachine(bytes, sourceName, where).run();
}

/** The stack, marks and memo that the operations of pickle-opcodes.ts work on. */
export class PickleMachine {
  readonly #sourceName: string;
  readonly #stack: PickleValue[] = [];
  /** Stack heights at the open marks. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #foreign = new Map<string, number>();
  readonly #storages = new Map<string, StorageRef>();
  readonly #fail: Fail;
  readonly cursor: PickleCursor;
  #opcodeOffset = 0;
  #values = 0;

  constructor(
    bytes: Uint8Array,
    sourceName: string,
    private readonly where: string,
  ) {
    this.#sourceName = sourceName;
    this.#fail = (message) => {
      throw new SignwaveError(
        'E_CHECKPOINT_PICKLE',
        `${sourceName}: ${where} is malformed or not from PyTorch, at byte ${this.#opcodeOffset}: ${message}`,
      );
    };
    this.cursor = new PickleCursor(bytes, this.#fail);
  }

  run(): Unpickled {
    for (;;) {
      this.#opcodeOffset = this.cursor.offset;
      const opcode = this.cursor.u8();
      if (opcode === STOP) break;
      const operation = OPERATIONS[opcode];
      if (!operation) this.fail(`opcode 0x${opcode.toString(16)}, which torch.save doesn't write`);
      operation(this);
    }
    const value = this.pop();
    if (this.#stack.length > 0) this.fail(`the stream stops with ${this.#stack.length} values left over`);
    return { value, foreign: this.#foreign, storages: this.#storages, endBytes: this.cursor.offset };
  }

  fail(message: string): never {
    return this.#fail(message);
  }

  push(value: PickleValue): void {
    if (++this.#values > MAX_PICKLE_VALUES) this.fail(`more than ${MAX_PICKLE_VALUES} values`);
    if (this.#stack.length >= MAX_STACK_DEPTH) this.fail(`more than ${MAX_STACK_DEPTH} values on the stack`);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    this.top();
    return this.#stack.pop()!;
  }

  /** The top of the stack, which must lie above the last mark. */
  top(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) this.fail('a value is needed and the stack has none');
    return this.#stack.at(-1)!;
  }

  /** The `count` topmost values, in the order they were pushed. */
  popMany(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let i = 0; i < count; i++) values.unshift(this.pop());
    return values;
  }

  mark(): void {
    if (this.#marks.length >= MAX_NESTING) this.fail(`more than ${MAX_NESTING} levels of nesting`);
    this.#marks.push(this.#stack.length);
  }

  /** Everything above the last mark, in the order it was pushed; the mark is closed. */
  popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) this.fail('a mark is needed and there is none');
    return this.#stack.splice(height);
  }

  remember(index = this.#memo.size): void {
    if (this.#memo.size >= MAX_MEMO_ENTRIES) this.fail(`more than ${MAX_MEMO_ENTRIES} memo entries`);
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.fail(`memo entry ${index} is read before it's written`);
    this.push(value);
  }

  pushGlobal(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.fail('a global whose name is no string');
    if (Math.max(module.length, name.length) > MAX_GLOBAL_NAME_CHARACTERS) this.fail('a global with a very long name');
    const path = `${module}.${name}`;
    if (isDangerousGlobal(module, name)) {
      throw new SignwaveError(
        'E_CHECKPOINT_PICKLE',
        `${this.#sourceName} asks to call ${showPath(path)} at byte ${this.#opcodeOffset} of ${this.where}. signwave never ` +
          "executes it, but PyTorch may: it's an attack or a very unusual file; don't load it elsewhere either.",
      );
    }
    if (!isKnownGlobal(path) && !this.#foreign.has(path)) this.#foreign.set(path, this.#opcodeOffset);
    this.push(new Global(path));
  }

  /** A call, instantiation or anything else that Python would run. */
  call(callable: PickleValue, args: PickleValue): void {
    if (!(args instanceof PickleSequence && args.kind === 'tuple')) this.fail('a call whose arguments are no tuple');
    if (callable instanceof Opaque) this.push(callable);
    else if (callable instanceof Global) this.push(rebuild(callable.path, args.items, this.#fail));
    else this.fail(`a call of ${describe(callable)}`);
  }

  pushStorage(id: PickleValue): void {
    const named = storageOf(id, this.#fail);
    if (named instanceof StorageRef) {
      const known = this.#storages.get(named.key);
      if (known && (known.typeName !== named.typeName || known.elements !== named.elements)) {
        this.fail(`two storages with the key ${quote(named.key)}: ${describe(known)} and ${describe(named)}`);
      }
      this.#storages.set(named.key, named);
    }
    this.push(named);
  }

  /** Append to the list or set below; what belongs to an object that wasn't built is dropped with it. */
  append(items: readonly PickleValue[], kind: 'list' | 'set'): void {
    const target = this.top();
    if (target instanceof PickleSequence && target.kind === kind) for (const item of items) target.items.push(item);
    else if (!(target instanceof Opaque)) this.fail(`items for a ${kind} are given to ${describe(target)}`);
  }

  /** Set keys and values, in turn, of the dict below. */
  setItems(flat: readonly PickleValue[]): void {
    const target = this.top();
    if (flat.length % 2 !== 0) this.fail('a key without a value');
    if (target instanceof PickleDict) {
      for (let i = 0; i < flat.length; i += 2) target.entries.set(flat[i]!, flat[i + 1]!);
    } else if (!(target instanceof Opaque)) {
      this.fail(`keys and values are given to ${describe(target)}`);
    }
  }

  /**
   * BUILD: attributes of the object below, which are dropped. PyTorch hangs `_metadata` (layer versions) on the
   * OrderedDict of a state dict this way.
   */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof PickleDict || target instanceof TensorRef || target instanceof Opaque)) {
      this.fail(`attributes are given to ${describe(target)}`);
    }
  }
}

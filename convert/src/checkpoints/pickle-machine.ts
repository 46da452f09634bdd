// pickle-machine.ts — a pickle machine that builds data and nothing else.
//
// A pickle is a program for a stack machine. Python's own runs any function that the program names, which is why a
// checkpoint can take over a computer. Here a named function is a `Global`, a call of it goes through the allow-list
// of torch-globals.ts, and a call of anything else gives an `Opaque`: a name and no more.

import { SignwaveError } from '@signwave/format';
import { dangerousAttribute, isDangerousGlobal } from './dangerous-globals.js';
import {
  MAX_GLOBAL_NAME_CHARACTERS,
  MAX_MEMO_ENTRIES,
  MAX_NESTING,
  MAX_PICKLE_VALUES,
  MAX_PLAIN_ENTRIES,
  MAX_PLAIN_ITEMS,
  MAX_PLAIN_VALUES,
  MAX_STACK_DEPTH,
} from './limits.js';
import { type Fail, PickleCursor, type Steps } from './pickle-cursor.js';
import { LINE_STRINGS, type Machine, OPERATIONS, STOP } from './pickle-opcodes.js';
import {
  describe,
  Global,
  holdsTensors,
  LongText,
  Opaque,
  PickleDict,
  PickleSequence,
  type PickleValue,
  StorageRef,
  showPath,
  TensorRef,
} from './pickle-values.js';
import { quote } from './quote.js';
import { isAttributeGetter, isKnownGlobal, rebuild, storageOf } from './torch-globals.js';

/** What a pickle stream describes. */
export interface Unpickled {
  readonly value: PickleValue;
  /** Classes and functions that aren't on the allow-list, `module.name`, each with the byte of the stream that first names it. */
  readonly foreign: ReadonlyMap<string, number>;
  /** Every storage that the stream names, by key; a key that names two different ones is refused. */
  readonly storages: ReadonlyMap<string, StorageRef>;
  /** Where the stream ended: one past its STOP. */
  readonly endBytes: number;
}

export interface UnpickleOptions {
  /** What to call the stream in messages. Default: `data.pkl`. */
  readonly where?: string;
  /** Keep lists that hold no tensor, however long they are. */
  readonly keepsAll?: boolean;
}

/** The stack, marks and memo that the operations of pickle-opcodes.ts work on. */
export class PickleMachine implements Machine {
  readonly #sourceName: string;
  readonly #where: string;
  readonly #keepsAll: boolean;
  /** Memo entries that the stream reads again; all others are dropped. */
  readonly #memoReads: ReadonlySet<number> | undefined;
  readonly #stack: PickleValue[] = [];
  /** How many values each value on the stack is made of. */
  readonly #costs: number[] = [];
  /** For each open mark the height of the stack, and how many values above it were dropped. */
  readonly #marks: { height: number; dropped: number }[] = [];
  readonly #memo = new Map<number, PickleValue>();
  readonly #foreign = new Map<string, number>();
  readonly #storages = new Map<string, StorageRef>();
  readonly fail: Fail;
  readonly cursor: PickleCursor;
  #opcodeOffset = 0;
  /** Number of values that were built and not dropped since. */
  #values = 0;
  #pushes = 0;
  #memoized = 0;
  /** Costs of the values that this operation took off the stack. */
  #poppedCosts: number[] = [];

  constructor(
    sizeBytes: number,
    window: Uint8Array,
    reads: ReadonlySet<number> | undefined,
    sourceName: string,
    { where = 'data.pkl', keepsAll = false }: UnpickleOptions,
  ) {
    this.#sourceName = sourceName;
    this.#where = where;
    this.#keepsAll = keepsAll;
    this.#memoReads = reads;
    this.fail = (message) => {
      throw new SignwaveError(
        'E_CHECKPOINT_PICKLE',
        `${sourceName}: ${where} is malformed or not from PyTorch, at byte ${this.#opcodeOffset}: ${message}`,
      );
    };
    this.cursor = new PickleCursor(sizeBytes, this.fail);
    this.cursor.fill(window);
  }

  *run(): Steps<Unpickled> {
    if (this.#memoReads === undefined) this.fail(`more than ${MAX_MEMO_ENTRIES} memo entries`);
    for (;;) {
      if (this.cursor.isShort) this.cursor.fill(yield this.cursor.offset);
      this.#opcodeOffset = this.cursor.offset;
      if (this.#poppedCosts.length > 0) this.#poppedCosts = [];
      const opcode = this.cursor.u8();
      if (opcode === STOP) break;
      if (LINE_STRINGS.has(opcode) && this.cursor.isLongLine) {
        this.push(new LongText('string', yield* this.cursor.passLine()));
        continue;
      }
      const operation = OPERATIONS[opcode];
      if (!operation) this.fail(`opcode 0x${opcode.toString(16)}, which torch.save doesn't write`);
      operation(this);
    }
    const value = this.pop();
    if (this.#stack.length > 0) this.fail(`the stream stops with ${this.#stack.length} values left over`);
    return { value, foreign: this.#foreign, storages: this.#storages, endBytes: this.cursor.offset };
  }

  /** @param value made of what this operation popped. */
  push(value: PickleValue): void {
    if (++this.#values > MAX_PICKLE_VALUES) this.fail(`more than ${MAX_PICKLE_VALUES} values`);
    if (this.#stack.length >= MAX_STACK_DEPTH) this.#thinOut();
    this.#stack.push(value);
    this.#costs.push(1 + this.#takeCosts());
    this.#pushes++;
  }

  pop(): PickleValue {
    this.top();
    this.#poppedCosts.push(this.#costs.pop()!);
    return this.#stack.pop()!;
  }

  /** The top of the stack, which must lie above the last mark. */
  top(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1)?.height ?? 0)) this.fail('a value is needed and the stack has none');
    return this.#stack.at(-1)!;
  }

  /** The `count` topmost values, in the order they were pushed. */
  popMany(count: number): PickleValue[] {
    const values: PickleValue[] = [];
    for (let i = 0; i < count; i++) values.unshift(this.pop());
    this.#poppedCosts.reverse();
    return values;
  }

  mark(): void {
    if (this.#marks.length >= MAX_NESTING) this.fail(`more than ${MAX_NESTING} levels of nesting`);
    this.#marks.push({ height: this.#stack.length, dropped: 0 });
  }

  /** Everything above the last mark, in the order it was pushed; the mark is closed. */
  popToMark(): PickleValue[] {
    const { values, dropped } = this.#popSegment();
    if (dropped > 0) this.fail(`more than ${MAX_STACK_DEPTH} values on the stack`);
    return values;
  }

  /** A sequence of everything above the last mark. */
  pushSequence(kind: PickleSequence['kind']): void {
    const { values, dropped } = this.#popSegment();
    if (dropped === 0 && (values.length <= MAX_PLAIN_ITEMS || this.#keepsAll)) {
      this.push(new PickleSequence(kind, values));
      return;
    }
    const costs = this.#poppedCosts;
    this.#poppedCosts = [];
    const sequence = new PickleSequence(kind, []);
    sequence.dropped = dropped;
    this.push(sequence);
    this.#appendTo(sequence, values, costs);
  }

  #popSegment(): { values: PickleValue[]; dropped: number } {
    const mark = this.#marks.pop();
    if (mark === undefined) this.fail('a mark is needed and there is none');
    this.#poppedCosts = this.#costs.splice(mark.height);
    return { values: this.#stack.splice(mark.height), dropped: mark.dropped };
  }

  /**
   * Make room on the stack for the items of a long tuple. Of all marks, the one with the most values above it is chosen; the older half of
   * these are counted, and kept only if they hold tensors.
   */
  #thinOut(): void {
    const sizes = this.#marks.map(({ height }, i) => (this.#marks[i + 1]?.height ?? this.#stack.length) - height);
    const longest = sizes.indexOf(Math.max(...sizes));
    const mark = this.#marks[longest];
    const count = (sizes[longest] ?? 0) >> 1;
    if (!mark || count < MAX_STACK_DEPTH / 4) this.fail(`more than ${MAX_STACK_DEPTH} values on the stack`);
    const values = this.#stack.splice(mark.height, count);
    const costs = this.#costs.splice(mark.height, count);
    const kept = values.flatMap((value, i) => (holdsTensors(value) ? [i] : []));
    const dropped = count - kept.length;
    if (dropped === 0) this.fail(`more than ${MAX_STACK_DEPTH} values on the stack`);
    this.#stack.splice(mark.height, 0, ...kept.map((i) => values[i]!));
    this.#costs.splice(mark.height, 0, ...kept.map((i) => costs[i]!));
    values.forEach((value, i) => {
      if (!holdsTensors(value)) this.#drop(costs[i]!);
    });
    mark.dropped += dropped;
    for (const later of this.#marks.slice(longest + 1)) later.height -= dropped;
  }

  remember(index = this.#memoized): void {
    const value = this.top();
    // A pickler memoises a value once, when it has made it.
    if (++this.#memoized > MAX_MEMO_ENTRIES && this.#memoized > this.#pushes) {
      this.fail(`more than ${MAX_MEMO_ENTRIES} memo entries, and fewer values`);
    }
    if (this.#memoReads?.has(index)) this.#memo.set(index, value);
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
    if (isDangerousGlobal(module, name)) this.#attack(path, this.#opcodeOffset);
    if (!isKnownGlobal(path) && !this.#foreign.has(path)) this.#foreign.set(path, this.#opcodeOffset);
    this.push(new Global(path, this.#opcodeOffset));
  }

  #attack(path: string, byte: number): never {
    throw new SignwaveError(
      'E_CHECKPOINT_PICKLE',
      `${this.#sourceName} asks to call ${showPath(path)} at byte ${byte} of ${this.#where}. signwave never ` +
        "executes it, but PyTorch may: it's an attack or a very unusual file; don't load it elsewhere either.",
    );
  }

  /** Stands for a call, an instantiation or anything else that Python would run. */
  call(callable: PickleValue, args: PickleValue): void {
    if (!(args instanceof PickleSequence && args.kind === 'tuple')) this.fail('a call whose arguments are no tuple');
    if (callable instanceof Opaque) this.push(opaqueOf(callable.path, args));
    else if (!(callable instanceof Global)) this.fail(`a call of ${describe(callable)}`);
    else if (isAttributeGetter(callable.path)) this.push(this.#attribute(callable, args.items));
    else {
      const value = rebuild(callable.path, args.items, this.fail);
      this.push(value instanceof Opaque && value.parts.length === 0 ? opaqueOf(value.path, args) : value);
    }
  }

  /**
   * Stands for what `getattr` and similar functions are asked for: a member of an Enum (as Python 3.11.0 to 3.11.3 pickle it), a method
   * bound to an object, a class inside another. None of them is looked up.
   */
  #attribute({ path, byte }: Global, args: readonly PickleValue[]): PickleValue {
    if (dangerousAttribute(args) !== undefined) this.#attack(path, byte);
    const [target, name] = args;
    const of = target instanceof Global || target instanceof Opaque ? target.path : path;
    const found = new Opaque(typeof name === 'string' ? `${of}.${name}` : of);
    for (const arg of args) found.hold(arg);
    return found;
  }

  pushStorage(id: PickleValue): void {
    const named = storageOf(id, this.fail);
    if (named instanceof StorageRef) {
      const known = this.#storages.get(named.key);
      if (known && (known.typeName !== named.typeName || known.elements !== named.elements)) {
        this.fail(`two storages with the key ${quote(named.key)}: ${describe(known)} and ${describe(named)}`);
      }
      this.#storages.set(named.key, named);
    }
    this.push(named);
  }

  /** Append to the list or set below the items. An object that wasn't built keeps only what holds tensors. */
  append(items: readonly PickleValue[], kind: 'list' | 'set'): void {
    const costs = this.#poppedCosts;
    const target = this.top();
    if (target instanceof PickleSequence && target.kind === kind) {
      this.#appendTo(target, items, costs);
    } else if (target instanceof Opaque) {
      items.forEach((item, i) => {
        target.hold(item);
        if (holdsTensors(item)) this.#keep(costs[i]!);
        else this.#drop(costs[i]!);
      });
    } else this.fail(`items for a ${kind} are given to ${describe(target)}`);
  }

  #appendTo(target: PickleSequence, items: readonly PickleValue[], costs: readonly number[]): void {
    items.forEach((item, i) => {
      const holds = holdsTensors(item);
      if (holds || this.#hasRoom(target.items.length, MAX_PLAIN_ITEMS)) {
        target.items.push(item);
        target.holdsTensors ||= holds;
        this.#keep(costs[i]!);
      } else {
        target.dropped++;
        this.#drop(costs[i]!);
      }
    });
  }

  /**
   * Whether a container with `count` values may keep one more that holds no tensor. The outermost container isn't limited by what others
   * hold.
   */
  #hasRoom(count: number, limit: number): boolean {
    if (this.#keepsAll) return true;
    return count < limit && (this.#marks.length === 0 || this.#values < MAX_PLAIN_VALUES);
  }

  /** Set entries of the dict or object below them. @param flat keys and values in turn. */
  setItems(flat: readonly PickleValue[]): void {
    const costs = this.#poppedCosts;
    const target = this.top();
    if (flat.length % 2 !== 0) this.fail('a key without a value');
    if (!(target instanceof PickleDict || target instanceof Opaque)) {
      this.fail(`keys and values are given to ${describe(target)}`);
    }
    for (let i = 0; i < flat.length; i += 2) {
      const cost = costs[i]! + costs[i + 1]!;
      if (this.#setItem(target, flat[i]!, flat[i + 1]!)) this.#keep(cost);
      else this.#drop(cost);
    }
  }

  /** @returns whether the entry was kept. */
  #setItem(target: PickleDict | Opaque, key: PickleValue, value: PickleValue): boolean {
    if (target instanceof PickleDict) {
      const isKept =
        holdsTensors(value) || target.entries.has(key) || this.#hasRoom(target.entries.size, MAX_PLAIN_ENTRIES);
      if (isKept) target.set(key, value);
      else target.dropped++;
      return isKept;
    }
    const isKept = typeof key === 'string' && (holdsTensors(value) || this.#hasRoom(target.size, MAX_PLAIN_ENTRIES));
    if (isKept) target.set(key, value);
    return isKept;
  }

  /**
   * BUILD: attributes of the object below. An object that wasn't built keeps them; those of others are dropped, such as `_metadata` (layer
   * versions), which PyTorch hangs on the OrderedDict of a state dict.
   */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Opaque) {
      // Classes with slots have two dicts.
      for (const part of state instanceof PickleSequence ? state.items.slice(0, 2) : [state]) target.hold(part);
      this.#keep(this.#takeCosts());
    } else if (target instanceof PickleDict || target instanceof TensorRef) this.#drop(this.#takeCosts());
    else this.fail(`attributes are given to ${describe(target)}`);
  }

  /** Takes the costs of what this operation popped. @returns their sum, in values. */
  #takeCosts(): number {
    if (this.#poppedCosts.length === 0) return 0;
    const sum = this.#poppedCosts.reduce((a, b) => a + b, 0);
    this.#poppedCosts = [];
    return sum;
  }

  /** Popped values became part of the top of the stack. */
  #keep(cost: number): void {
    this.#costs[this.#costs.length - 1]! += cost;
  }

  #drop(cost: number): void {
    this.#values -= cost;
  }
}

/** An object of a class, with those of its constructor's arguments that there is something to find in. */
function opaqueOf(path: string, args: PickleSequence): Opaque {
  const object = new Opaque(path);
  for (const arg of args.items) object.hold(arg);
  return object;
}

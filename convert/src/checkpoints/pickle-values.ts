import type { StoredDtype } from './dtypes.js';
import { quote } from './quote.js';

/**
 * What a pickle stream can describe. Objects of foreign classes are {@link Opaque}: named, never built. Containers
 * may contain themselves, so nothing in this folder follows them to an unknown depth.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | LongText
  | PickleSequence
  | PickleDict
  | Global
  | StorageRef
  | TensorRef
  | Opaque;

/** A list, tuple, set or frozenset. */
export class PickleSequence {
  /** How many items were counted and not kept: past the first ones, those without tensors. */
  dropped = 0;
  holdsTensors: boolean;

  constructor(
    readonly kind: 'list' | 'tuple' | 'set',
    readonly items: PickleValue[],
  ) {
    this.holdsTensors = items.some(holdsTensors);
  }
}

/** A dict or OrderedDict, in insertion order. A `Map`, so that no key of a file can be `__proto__`. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
  /** How many entries were counted and not kept: past the first ones, those without tensors. */
  dropped = 0;
  holdsTensors = false;

  set(key: PickleValue, value: PickleValue): void {
    this.entries.set(key, value);
    this.holdsTensors ||= holdsTensors(value);
  }
}

/** A string or bytes object too long to be a name or a setting: stepped over. */
export class LongText {
  constructor(
    readonly kind: 'string' | 'bytes',
    readonly lengthBytes: number,
  ) {}
}

/** A class or function that the stream names. */
export class Global {
  constructor(
    /** `module.name`. */
    readonly path: string,
    /** Byte of the stream that names it. */
    readonly byte: number,
  ) {}
}

/** An object that wasn't built: the result of a call that isn't on the allow-list. */
export class Opaque {
  /** Dicts of its attributes and entries, and what else in it holds tensors. */
  readonly parts: PickleValue[] = [];
  holdsTensors = false;
  /** Entries and attributes that the stream gave it one by one. */
  #entries: PickleDict | undefined;

  constructor(
    /** `module.name` of what the stream wanted called. */
    readonly path: string,
  ) {}

  /** Remember an argument or a state of the object, if there is something to find in it. */
  hold(part: PickleValue): void {
    if (part instanceof PickleDict ? part.entries.size === 0 : !holdsTensors(part)) return;
    this.parts.push(part);
    this.holdsTensors ||= holdsTensors(part);
  }

  set(key: string, value: PickleValue): void {
    if (!this.#entries) {
      this.#entries = new PickleDict();
      this.parts.push(this.#entries);
    }
    this.#entries.set(key, value);
    this.holdsTensors ||= holdsTensors(value);
  }

  /** Entries that it was given one by one. */
  get size(): number {
    return this.#entries?.entries.size ?? 0;
  }
}

/** A storage: a flat array in an archive entry of its own, that tensors are views of. */
export class StorageRef {
  constructor(
    /** Entry `data/<key>`. */
    readonly key: string,
    /** PyTorch's class, such as `FloatStorage`. */
    readonly typeName: string,
    /** `undefined` if the class holds elements that signwave doesn't read (complex, quantized). */
    readonly dtype: StoredDtype | undefined,
    readonly elements: number,
    /** The part of it that is meant, as PyTorch's legacy format may say; in elements. */
    readonly view?: { readonly start: number; readonly elements: number },
  ) {}
}

/** A tensor: a strided view of a storage. Offset and strides are in elements of `dtype`, unchecked against it. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    /** `undefined` for elements that signwave doesn't read. */
    readonly dtype: StoredDtype | undefined,
    /** What PyTorch calls the elements: `torch.FloatStorage`, `torch.uint16`. */
    readonly typeName: string,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Whether a tensor or a storage is somewhere in a value. Containers know it of what was put into them after it was whole. */
export function holdsTensors(value: PickleValue): boolean {
  if (value instanceof TensorRef || value instanceof StorageRef) return true;
  return (
    (value instanceof PickleSequence || value instanceof PickleDict || value instanceof Opaque) && value.holdsTensors
  );
}

/** A value in a few words, for messages: "dict of 4 entries", "argparse.Namespace object". */
export function describe(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return `string of ${value.length} characters`;
  if (typeof value === 'bigint') return 'integer beyond 2^53';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof LongText) return `${value.kind} of ${value.lengthBytes} bytes`;
  if (value instanceof PickleSequence) return `${value.kind} of ${value.items.length + value.dropped} items`;
  if (value instanceof PickleDict) return `dict of ${value.entries.size + value.dropped} entries`;
  if (value instanceof Global) return `${showPath(value.path)} itself`;
  if (value instanceof StorageRef) return `torch.${value.typeName} of ${value.elements} elements`;
  if (value instanceof TensorRef) return `tensor of shape (${value.shape.join(', ')})`;
  return `${showPath(value.path)} object`;
}

/** A dotted name as it is if it's plain, quoted and escaped otherwise. */
export function showPath(path: string): string {
  return /^[\w.]{1,100}$/.test(path) ? path : quote(path);
}

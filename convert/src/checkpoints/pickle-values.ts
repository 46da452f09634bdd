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
  | PickleSequence
  | PickleDict
  | Global
  | StorageRef
  | TensorRef
  | Opaque;

/** A list, tuple, set or frozenset. */
export class PickleSequence {
  constructor(
    readonly kind: 'list' | 'tuple' | 'set',
    readonly items: PickleValue[],
  ) {}
}

/** A dict or OrderedDict, in insertion order. A `Map`, so that no key of a file can be `__proto__`. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** A class or function that the stream names. */
export class Global {
  constructor(
    /** `module.name`. */
    readonly path: string,
  ) {}
}

/** An object that wasn't built: the result of a call that isn't on the allow-list. */
export class Opaque {
  constructor(
    /** `module.name` of what the stream wanted called. */
    readonly path: string,
  ) {}
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
  ) {}
}

/** A tensor: a strided view of a storage. Offset and strides are in elements of `dtype`, unchecked against it. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly dtype: StoredDtype | undefined,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A value in a few words, for messages: "dict of 4 entries", "argparse.Namespace object". */
export function describe(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return `string of ${value.length} characters`;
  if (typeof value === 'bigint') return 'integer beyond 2^53';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof PickleSequence) return `${value.kind} of ${value.items.length} items`;
  if (value instanceof PickleDict) return `dict of ${value.entries.size} entries`;
  if (value instanceof Global) return `${showPath(value.path)} itself`;
  if (value instanceof StorageRef) return `torch.${value.typeName} of ${value.elements} elements`;
  if (value instanceof TensorRef) return `tensor of shape (${value.shape.join(', ')})`;
  return `${showPath(value.path)} object`;
}

/** A dotted name as it is if it's plain, quoted and escaped otherwise. */
export function showPath(path: string): string {
  return /^[\w.]{1,100}$/.test(path) ? path : quote(path);
}

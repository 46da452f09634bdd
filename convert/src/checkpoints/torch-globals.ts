import { DTYPES, type StoredDtype } from './dtypes.js';
import { MAX_AXES } from './limits.js';
import type { Fail } from './pickle-cursor.js';
import {
  describe,
  Global,
  Opaque,
  PickleDict,
  PickleSequence,
  type PickleValue,
  StorageRef,
  TensorRef,
} from './pickle-values.js';

/** Storage classes of PyTorch (torch/storage.py, `_dtype_to_storage_type_map`) that have a dtype here. */
const STORAGE_DTYPES: ReadonlyMap<string, StoredDtype> = new Map([
  ['FloatStorage', 'f32'],
  ['DoubleStorage', 'f64'],
  ['HalfStorage', 'f16'],
  ['BFloat16Storage', 'bf16'],
  ['LongStorage', 'i64'],
  ['IntStorage', 'i32'],
  ['ShortStorage', 'i16'],
  ['CharStorage', 'i8'],
  ['ByteStorage', 'u8'],
  ['BoolStorage', 'bool'],
  ['UntypedStorage', 'u8'],
]);

/** The dtype objects that `_rebuild_tensor_v3` takes. */
const TORCH_DTYPES: ReadonlyMap<string, StoredDtype> = new Map([
  ['torch.float32', 'f32'],
  ['torch.float64', 'f64'],
  ['torch.float16', 'f16'],
  ['torch.bfloat16', 'bf16'],
  ['torch.int64', 'i64'],
  ['torch.int32', 'i32'],
  ['torch.int16', 'i16'],
  ['torch.int8', 'i8'],
  ['torch.uint8', 'u8'],
  ['torch.bool', 'bool'],
]);

/** Size of the elements of each storage class, including those that aren't read: the legacy format doesn't say where a storage ends. */
const STORAGE_ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ...[...STORAGE_DTYPES].map(([name, dtype]) => [name, DTYPES[dtype].sizeBytes] as const),
  ['ComplexFloatStorage', 8],
  ['ComplexDoubleStorage', 16],
  ['QInt8Storage', 1],
  ['QUInt8Storage', 1],
  ['QInt32Storage', 4],
  ['QUInt4x2Storage', 1],
  ['QUInt2x4Storage', 1],
]);

/** @returns `undefined` for a class that PyTorch doesn't have. */
export function storageElementBytes({ typeName }: StorageRef): number | undefined {
  return STORAGE_ELEMENT_BYTES.get(typeName);
}

type Rebuild = (args: readonly PickleValue[], path: string, fail: Fail) => PickleValue;

/** The allow-list: what each known callable stands for. Nothing is imported or called. */
const REBUILDS: ReadonlyMap<string, Rebuild> = new Map([
  ['collections.OrderedDict', rebuildDict],
  // The first argument of a defaultdict makes values for absent keys.
  ['collections.defaultdict', ([, pairs], path) => rebuildDict(pairs === undefined ? [] : [pairs], path)],
  ['torch.Size', ([axes]) => axes ?? new PickleSequence('tuple', [])],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTensor],
  ['torch._utils._rebuild_parameter', ([data], path) => data ?? new Opaque(path)],
  ['torch._utils._rebuild_parameter_with_state', ([data], path) => data ?? new Opaque(path)],
  ['torch._utils._rebuild_qtensor', rebuildQuantized],
  ['torch.nn.parameter.Parameter', ([data], path) => data ?? new Opaque(path)],
  ['torch.nn.parameter.Buffer', ([data], path) => data ?? new Opaque(path)],
  ['torch.autograd.variable.Variable', ([data], path) => data ?? new Opaque(path)],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  // A tensor that has its values in attributes: a DTensor, a ShardedTensor.
  ['torch._utils._rebuild_wrapper_subclass', ([type], path) => new Opaque(type instanceof Global ? type.path : path)],
  ['copy_reg._reconstructor', rebuildObject],
  ['copyreg._reconstructor', rebuildObject],
  ['copy_reg.__newobj__', rebuildObject],
  ['copyreg.__newobj__', rebuildObject],
]);

/** Callables that look up an attribute. */
const ATTRIBUTE_GETTERS = new Set([
  'builtins.getattr',
  '__builtin__.getattr',
  'operator.attrgetter',
  'operator.methodcaller',
]);

export function isAttributeGetter(path: string): boolean {
  return ATTRIBUTE_GETTERS.has(path);
}

/** Globals that a checkpoint may name without being reported as foreign. */
export function isKnownGlobal(path: string): boolean {
  return (
    REBUILDS.has(path) ||
    TORCH_DTYPES.has(path) ||
    path === 'torch.device' ||
    path === 'torch.Tensor' ||
    /^torch\.(storage\.|cuda\.)?\w+Storage$/.test(path)
  );
}

/** What a call of `path` stands for: a tensor or dict if it's on the allow-list, an {@link Opaque} otherwise. */
export function rebuild(path: string, args: readonly PickleValue[], fail: Fail): PickleValue {
  return REBUILDS.get(path)?.(args, path, fail) ?? new Opaque(path);
}

/**
 * The storage that a persistent id names: `('storage', class, key, location, elements)`, in the legacy format with a sixth item: None, or for a
 * part of a storage `(key of the part, first element, elements)`. There, ids also name the classes of modules, with their source:
 * `('module', class, file, text)`.
 */
export function storageOf(id: PickleValue, fail: Fail): StorageRef | Global {
  const [tag, type, key, , elements, view] = id instanceof PickleSequence ? id.items : [];
  if (tag === 'module' && type instanceof Global) return type;
  if (tag !== 'storage' || !(type instanceof Global) || typeof key !== 'string' || !isCount(elements)) {
    return fail(`a persistent id that is no storage: ${describe(id)}`);
  }
  const typeName = type.path.slice(type.path.lastIndexOf('.') + 1);
  const dtype = type.path.startsWith('torch.') ? STORAGE_DTYPES.get(typeName) : undefined;
  if (view === undefined || view === null) return new StorageRef(key, typeName, dtype, elements);
  const [, start, count] = view instanceof PickleSequence ? view.items : [];
  if (!isCount(start) || !isCount(count) || start + count > elements) {
    return fail(`a part of a storage of ${elements} elements that doesn't lie in it: ${describe(view)}`);
  }
  return new StorageRef(key, typeName, dtype, elements, { start, elements: count });
}

/** `OrderedDict()`, or `OrderedDict([[key, value], ...])` as Python 2 wrote it. */
function rebuildDict(args: readonly PickleValue[], path: string): PickleValue {
  const dict = new PickleDict();
  const [pairs] = args;
  if (pairs === undefined) return dict;
  if (pairs instanceof PickleDict) return pairs;
  if (!(pairs instanceof PickleSequence)) return new Opaque(path);
  for (const pair of pairs.items) {
    if (!(pair instanceof PickleSequence && pair.items.length === 2)) return new Opaque(path);
    dict.set(pair.items[0]!, pair.items[1]!);
  }
  return dict;
}

/**
 * `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks, metadata)`; version 1 ends with the strides, version 3 has a
 * dtype before the metadata. Metadata marks lazily conjugated or negated tensors, whose storage isn't their value: not built.
 */
function rebuildTensor(args: readonly PickleValue[], path: string, fail: Fail): PickleValue {
  const [storage, offset, shape, strides, , , ...rest] = args;
  if (!(storage instanceof StorageRef)) return fail(`a tensor without a storage: ${describe(storage ?? null)}`);
  if (!isCount(offset)) return fail('a tensor whose storage offset is no element count');
  const axes = countsOf(shape, 'shape', fail);
  const steps = countsOf(strides, 'strides', fail);
  if (axes.length !== steps.length) return fail(`a tensor with ${axes.length} axes and ${steps.length} strides`);

  let { dtype } = storage;
  let typeName = `torch.${storage.typeName}`;
  if (path.endsWith('_v3')) {
    const type = rest.shift();
    typeName = type instanceof Global ? type.path : describe(type ?? null);
    dtype = TORCH_DTYPES.get(typeName);
  }
  const metadata = rest[0] ?? null;
  if (metadata !== null && !(metadata instanceof PickleDict && metadata.entries.size === 0)) return new Opaque(path);
  const { view } = storage;
  const first = (view?.start ?? 0) + offset;
  if (view && axes.every((side) => side > 0)) {
    const last = axes.reduce((at, side, axis) => at + (side - 1) * steps[axis]!, offset);
    if (last >= view.elements) return fail(`a tensor that leaves its part of a storage, ${view.elements} elements`);
  }
  return new TensorRef(storage, dtype, typeName, first, axes, steps);
}

/** `_rebuild_qtensor(storage, offset, shape, strides, quantizer, ...)`: integers, which a scale makes numbers of. They are named, not read. */
function rebuildQuantized(args: readonly PickleValue[], path: string, fail: Fail): PickleValue {
  if (!(args[0] instanceof StorageRef)) return new Opaque(path);
  const tensor = rebuildTensor(args.slice(0, 4), path, fail);
  if (!(tensor instanceof TensorRef)) return tensor;
  const { storage, typeName, offset, shape, strides } = tensor;
  return new TensorRef(storage, undefined, typeName, offset, shape, strides);
}

/** `_reconstructor(class, base, state)` of protocols 0 and 1: an object of the class; the state of a dict's is its entries. */
function rebuildObject([type, , state]: readonly PickleValue[], path: string): PickleValue {
  const object = new Opaque(type instanceof Global || type instanceof Opaque ? type.path : path);
  if (state !== undefined) object.hold(state);
  return object;
}

/** `_rebuild_from_type_v2(function, class, args, state)`: a tensor with extra Python attributes, which are dropped. */
function rebuildFromType(args: readonly PickleValue[], path: string, fail: Fail): PickleValue {
  const [callable, , inner] = args;
  if (!(callable instanceof Global) || !(inner instanceof PickleSequence) || callable.path === path) {
    return new Opaque(path);
  }
  return rebuild(callable.path, inner.items, fail);
}

/** A tuple of counts. Tuples never change, so the array is shared: many tensors can't multiply the size of one shape. */
function countsOf(value: PickleValue | undefined, what: string, fail: Fail): readonly number[] {
  if (!(value instanceof PickleSequence && value.kind === 'tuple')) return fail(`a tensor whose ${what} is no tuple`);
  if (value.items.length > MAX_AXES) return fail(`a tensor with ${value.items.length} axes, more than ${MAX_AXES}`);
  if (!value.items.every(isCount)) return fail(`a tensor whose ${what} has an item that is no count`);
  return value.items;
}

/** PyTorch's sizes, offsets and strides are never negative. */
function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

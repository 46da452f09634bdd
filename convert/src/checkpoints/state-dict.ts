import { SignwaveError } from '@signwave/format';
import { describe, Opaque, PickleDict, type PickleValue, showPath, TensorRef } from './pickle-values.js';
import { quote } from './quote.js';
import { withoutWrappers } from './wrapper-prefixes.js';

/** The state dict of a checkpoint and what lies beside it. */
export interface FoundStateDict {
  /** In file order, names without the DataParallel prefix. */
  readonly tensors: ReadonlyMap<string, TensorRef>;
  readonly metadata: ReadonlyMap<string, number | string | boolean | null>;
  readonly skipped: readonly string[];
}

/** What a pickle describes, and what to call the stream in messages. */
export interface FoundObject {
  readonly value: PickleValue;
  readonly foreign: ReadonlyMap<string, number>;
  readonly where: string;
}

/** Keys under which training scripts put the state dict, the usual ones first: the first that holds tensors is it. */
const STATE_DICT_KEYS = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'module',
  'checkpoint',
  'params',
  'weights',
];

/** Dicts between the root and the state dict, at most; dicts may contain themselves. */
const MAX_DEPTH = 2;

/**
 * Find the state dict in what `torch.save` was given: the object itself, or a dict that holds it under a usual key (or a few of them, one inside the other),
 * or a dict with one other dict of tensors in it.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` if there is no state dict, or more than one that could be it;
 *   `E_CHECKPOINT_TENSOR` if a value in it is no tensor.
 */
export function findStateDict({ value: root, foreign, where }: FoundObject, sourceName: string): FoundStateDict {
  if (!(root instanceof PickleDict)) throw noStateDict(sourceName, root);
  const path = chooseStateDict(root, sourceName);
  const stateDict = path.at(-1)!;
  const named = new Map<string, TensorRef>();
  const metadata = new Map<string, number | string | boolean | null>();
  const skipped: string[] = [];

  for (const [key, value] of stateDict.entries) {
    if (value instanceof TensorRef && typeof key === 'string') named.set(key, value);
    else if (stateDict !== root || value instanceof Opaque) throw noTensor(sourceName, key, value);
  }
  const beside = path.slice(0, -1).flatMap(({ entries }) => [...entries]);
  for (const [key, value] of stateDict === root ? root.entries : beside) {
    if (path.some((dict) => dict === value) || (stateDict === root && value instanceof TensorRef)) continue;
    if (typeof key === 'string' && isPlain(value)) metadata.set(key, value);
    else skipped.push(`${showKey(key)}: ${describe(value)}`);
  }
  for (const [path, byte] of foreign)
    skipped.push(`${showPath(path)}: named at byte ${byte} of ${where}, never called`);

  const { tensors, notes } = withoutWrappers(named);
  return { tensors, metadata, skipped: [...skipped, ...notes] };
}

/** @returns the dicts from the root to the state dict, both included. */
function chooseStateDict(root: PickleDict, sourceName: string): readonly PickleDict[] {
  const usual = underUsualKey(root, MAX_DEPTH);
  if (usual) return [root, ...usual];
  if (hasTensor(root)) return [root];
  // Each dict is looked at once, however many keys a hostile file puts it under.
  const others = [...new Set(root.entries.values())].filter(holdsTensors);
  if (others.length === 0) throw noStateDict(sourceName, root);
  if (others.length === 1) return [root, others[0]!];
  const candidates = new Set<PickleValue>(others);
  const keys = [...root.entries].filter(([, value]) => candidates.has(value)).map(([key]) => showKey(key));
  throw new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} has several dicts of tensors: ${keys.slice(0, 10).join(', ')}. Save the one to convert by itself.`,
  );
}

/** The state dict under usual keys, one inside the other if need be: `{'model': {'state_dict': ...}}`. */
function underUsualKey(dict: PickleDict, depth: number): readonly PickleDict[] | undefined {
  const dicts = STATE_DICT_KEYS.map((key) => dict.entries.get(key)).filter((value) => value instanceof PickleDict);
  const direct = dicts.find(hasTensor);
  if (direct) return [direct];
  for (const inner of depth === 0 ? [] : dicts) {
    const found = underUsualKey(inner, depth - 1);
    if (found) return [inner, ...found];
  }
  return undefined;
}

function holdsTensors(value: PickleValue | undefined): value is PickleDict {
  return value instanceof PickleDict && hasTensor(value);
}

function hasTensor(dict: PickleDict): boolean {
  for (const value of dict.entries.values()) if (value instanceof TensorRef) return true;
  return false;
}

function isPlain(value: PickleValue): value is number | string | boolean | null {
  return value === null || ['number', 'string', 'boolean'].includes(typeof value);
}

function showKey(key: PickleValue): string {
  return typeof key === 'string' ? showPath(key) : `key ${describe(key)}`;
}

function noTensor(sourceName: string, key: PickleValue, value: PickleValue): SignwaveError {
  const name = typeof key === 'string' ? quote(key) : describe(key);
  return new SignwaveError(
    'E_CHECKPOINT_TENSOR',
    `${sourceName}: ${name} of the state dict should be a tensor under a name, but it's ${describe(value)}. ` +
      'Dense tensors are read, not sparse, quantized or custom ones: save it as one.',
  );
}

function noStateDict(sourceName: string, root: PickleValue): SignwaveError {
  const what =
    root instanceof PickleDict
      ? `a dict of ${
          [...root.entries]
            .slice(0, 10)
            .map(([key, value]) => `${showKey(key)} (${describe(value)})`)
            .join(', ') || 'nothing'
        }`
      : root instanceof Opaque
        ? `a whole ${describe(root)}, which only its own code can load`
        : describe(root);
  return new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} has no state dict: it holds ${what}. Save one with torch.save(model.state_dict(), path).`,
  );
}

import { SignwaveError } from '@signwave/format';
import type { StateDict } from './checkpoint.js';
import { networkTensors, type PartOptions } from './network-tensors.js';
import { describe, holdsTensors, Opaque, type PickleValue, showPath, TensorRef } from './pickle-values.js';
import { refuseShards, refuseTensorParallel } from './sharded-tensors.js';
import { chosenDict, type FoundDict, findDicts, isModule, namedParts } from './state-dict-search.js';

type Plain = number | string | boolean | null;

/** The state dict of a checkpoint and what lies beside it. */
export interface FoundStateDict {
  /** In file order, names without the prefixes of wrappers. */
  readonly tensors: ReadonlyMap<string, TensorRef>;
  readonly metadata: ReadonlyMap<string, Plain>;
  readonly arguments: ReadonlyMap<string, Plain>;
  readonly stateDicts: readonly StateDict[];
  readonly unread: ReadonlyMap<string, string>;
  readonly skipped: readonly string[];
}

/** What a pickle describes, and what to call the stream in messages. */
export interface FoundObject {
  readonly value: PickleValue;
  readonly foreign: ReadonlyMap<string, number>;
  readonly where: string;
}

/**
 * Find the state dict in what `torch.save` was given: the object itself, or one inside dicts, lists, tuples and objects. If there are several,
 * that under a usual key is taken.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` if there is no state dict, or more than one that could be it; `E_USAGE` if the options name
 *   one that isn't there.
 */
export function findStateDict(
  { value: root, foreign, where }: FoundObject,
  part: PartOptions,
  sourceName: string,
): FoundStateDict {
  refuseTensorParallel(root, sourceName);
  const found = findDicts(root);
  if (found.length === 0) {
    for (const value of [root, ...[...namedParts(root)].map(([, inner]) => inner)]) {
      refuseShards(namedParts(value), sourceName);
    }
    throw noStateDict(sourceName, root);
  }
  const chosen = chosenDict(found, part.stateDict, sourceName);
  refuseShards(namedParts(chosen.dict), sourceName);
  const named = new Map<string, TensorRef>();
  const unread = new Map<string, string>();
  const metadata = new Map<string, Plain>();
  const settings = new Map<string, Plain>();
  const skipped: string[] = [];

  const isRoot = chosen.around.length === 0;
  for (const [key, value] of namedParts(chosen.dict)) {
    if (value instanceof TensorRef && typeof key === 'string') named.set(key, value);
    else if (isRoot && typeof key === 'string' && isPlain(value)) metadata.set(key, value);
    else {
      skipped.push(`${showKey(key)}: ${describe(value)}`);
      if (typeof key === 'string') unread.set(key, describe(value));
    }
    if (isRoot) addSettings(value, settings);
  }
  const path = new Set<PickleValue>([...chosen.around, chosen.dict]);
  for (const [key, value] of chosen.around.flatMap((container) => [...namedParts(container)])) {
    if (path.has(value)) continue;
    if (typeof key === 'string' && isPlain(value)) metadata.set(key, value);
    else skipped.push(`${showKey(key)}: ${describe(value)}`);
    addSettings(value, settings);
  }
  for (const [path, byte] of foreign)
    skipped.push(`${showPath(path)}: named at byte ${byte} of ${where}, never called`);

  const { tensors, notes } = networkTensors(named, part, sourceName);
  const stateDicts = [chosen, ...found.filter((other) => other !== chosen)].map(summaryOf);
  return { tensors, metadata, arguments: settings, stateDicts, unread, skipped: [...skipped, ...notes] };
}

function summaryOf({ path, tensors }: FoundDict): StateDict {
  return { path, tensors };
}

/** How deep dicts that hold settings may be nested: `hyper_parameters`, and `args` in it. */
const MAX_SETTINGS_DEPTH = 2;

/** Take the plain entries of a dict or an object, and of those nested in it; if a name occurs twice, the first counts. */
function addSettings(value: PickleValue, settings: Map<string, Plain>, depth = MAX_SETTINGS_DEPTH): void {
  if (depth === 0 || holdsTensors(value)) return;
  for (const [key, inner] of namedParts(value)) {
    if (typeof key !== 'string') continue;
    if (isPlain(inner)) {
      if (!settings.has(key)) settings.set(key, inner);
    } else addSettings(inner, settings, depth - 1);
  }
}

function isPlain(value: PickleValue): value is Plain {
  return value === null || ['number', 'string', 'boolean'].includes(typeof value);
}

function showKey(key: PickleValue): string {
  return typeof key === 'string' ? showPath(key) : `key ${describe(key)}`;
}

function noStateDict(sourceName: string, root: PickleValue): SignwaveError {
  const parts = [...namedParts(root)].slice(0, 10).map(([key, value]) => `${showKey(key)} (${describe(value)})`);
  const what =
    isModule(root) || (root instanceof Opaque && parts.length === 0)
      ? `a whole ${describe(root)}, which only its own code can load`
      : root instanceof Opaque
        ? `${describe(root)} of ${parts.join(', ')}`
        : typeof root === 'object' && root !== null && 'entries' in root
          ? `a dict of ${parts.join(', ') || 'nothing'}`
          : describe(root);
  return new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} has no state dict: it holds ${what}. Save one with torch.save(model.state_dict(), path).`,
  );
}

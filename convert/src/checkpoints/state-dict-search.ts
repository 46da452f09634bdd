import { SignwaveError } from '@signwave/format';
import type { StateDict } from './checkpoint.js';
import { holdsTensors, Opaque, PickleDict, PickleSequence, type PickleValue, TensorRef } from './pickle-values.js';
import { quote } from './quote.js';
import { isSharded } from './sharded-tensors.js';

/** A dict of tensors, and where it is. */
export interface FoundDict extends StateDict {
  readonly dict: PickleValue;
  /** The containers that it lies in, the outermost first. */
  readonly around: readonly PickleValue[];
  readonly keys: readonly string[];
  /** Whether its tensors have names as layers give them. */
  readonly hasLayers: boolean;
}

/** Thrown if the checkpoint has several state dicts and nothing says which is meant. */
export class SeveralStateDicts extends SignwaveError {
  /** What there is to choose from. */
  readonly stateDicts: readonly StateDict[];

  constructor(sourceName: string, found: readonly FoundDict[]) {
    const shown = found.slice(0, 10);
    super(
      'E_CHECKPOINT_KIND',
      `${sourceName} has several dicts of tensors: ${shown.map(({ path }) => quoted(path)).join(', ')}${found.length > 10 ? ', ...' : ''} ` +
        `(of ${shown.map(({ tensors }) => tensors).join(', ')} tensors). Choose one with --state-dict ${quoted(shown[0]!.path)}, or save it by itself.`,
    );
    this.stateDicts = found.map(({ path, tensors }) => ({ path, tensors }));
  }
}

/** Keys under which training scripts put the state dict, the usual ones first. */
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

/** Greatest number of containers between the root and a state dict; containers may contain themselves. */
const MAX_DEPTH = 5;
/** Greatest number of state dicts that are listed; a checkpoint of snapshots may have hundreds. */
const MAX_FOUND = 1_000;
const INDEX = /^\d+$/;
const LAYER_TENSOR = /\.(?:weights?|bias|running_mean|running_var)$/;

/** All dicts of tensors in a value, the nearest first, except those of optimizers and those that only a module's own code can use. */
export function findDicts(root: PickleValue): readonly FoundDict[] {
  const found: FoundDict[] = [];
  const seen = new Set<PickleValue>();
  let level: { value: PickleValue; keys: readonly string[]; around: readonly PickleValue[] }[] = [
    { value: root, keys: [], around: [] },
  ];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { value, keys, around } of level) {
      if (seen.has(value) || !holdsTensors(value) || isOptimizer(value) || isModule(value) || isSharded(value))
        continue;
      seen.add(value);
      let tensors = 0;
      let hasLayers = false;
      for (const [key, inner] of namedParts(value)) {
        if (inner instanceof TensorRef && typeof key === 'string' && !(value instanceof PickleSequence)) {
          tensors++;
          hasLayers ||= LAYER_TENSOR.test(key);
        } else if (holdsTensors(inner) && (typeof key === 'string' || typeof key === 'number')) {
          next.push({ value: inner, keys: [...keys, String(key)], around: [...around, value] });
        }
      }
      if (tensors > 0 && found.length < MAX_FOUND) {
        found.push({ path: keys.join('.') || '.', keys, dict: value, around, tensors, hasLayers });
      }
    }
    level = next;
  }
  // Metrics are tensors, too, but they are no network if something else is one.
  const networks = found.filter(({ hasLayers }) => hasLayers);
  return networks.length > 0 ? networks : found;
}

/**
 * The state dict that is meant.
 *
 * @param path given by the user. @throws {SignwaveError} `E_USAGE` if it leads nowhere; {@link SeveralStateDicts} (`E_CHECKPOINT_KIND`).
 */
export function chosenDict(found: readonly FoundDict[], path: string | undefined, sourceName: string): FoundDict {
  if (path !== undefined) {
    const exact = found.find((it) => it.path === path);
    const ending = found.filter((it) => it.path.endsWith(`.${path}`));
    if (exact) return exact;
    if (ending.length === 1) return ending[0]!;
    throw new SignwaveError(
      'E_USAGE',
      `${sourceName} has no state dict ${quote(path)}; it has: ${found
        .slice(0, 10)
        .map((it) => `${quoted(it.path)} (${it.tensors} tensors)`)
        .join(', ')}`,
    );
  }
  const usual = found.filter((it) => rankOf(it) !== undefined).sort((a, b) => compareRanks(rankOf(a)!, rankOf(b)!));
  const [first, second] = usual;
  if (first && !(second && compareRanks(rankOf(first)!, rankOf(second)!) === 0)) return first;
  const whole = found.find(({ keys }) => keys.length === 0);
  if (whole) return whole;
  if (found.length === 1) return found[0]!;
  throw new SeveralStateDicts(sourceName, found);
}

/** Ranks a state dict by how usual its keys are: the lower, the more usual; `undefined` if one of them is no usual key. */
function rankOf({ keys }: FoundDict): readonly number[] | undefined {
  const ranks = keys.filter((key) => !INDEX.test(key)).map((key) => STATE_DICT_KEYS.indexOf(key));
  return ranks.length === 0 || ranks.includes(-1) ? undefined : [ranks.length, ...ranks];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((rank, i) => rank !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** Keys and values of a dict, an object, a sequence (by index). */
export function* namedParts(value: PickleValue): Generator<readonly [key: PickleValue, value: PickleValue]> {
  if (value instanceof PickleDict) yield* value.entries;
  else if (value instanceof PickleSequence) for (const [i, item] of value.items.entries()) yield [String(i), item];
  else if (value instanceof Opaque) {
    for (const [i, part] of value.parts.entries()) {
      if (part instanceof PickleDict) yield* part.entries;
      else yield [String(i), part];
    }
  }
}

/** Whether this is the state of a `torch.optim` optimizer: the momentum of every parameter. */
function isOptimizer(value: PickleValue): boolean {
  return value instanceof PickleDict && value.entries.has('state') && value.entries.has('param_groups');
}

/** Whether this is a whole `torch.nn.Module`, whose tensors are spread over the modules in it. */
export function isModule(value: PickleValue): boolean {
  if (!(value instanceof Opaque)) return false;
  const keys = new Set([...namedParts(value)].map(([key]) => key));
  return keys.has('_parameters') && keys.has('_modules');
}

/** Writes a path as users type it: in quotes if it has more than word characters and dots. */
function quoted(path: string): string {
  return /^[\w.-]+$/.test(path) ? path : quote(path);
}

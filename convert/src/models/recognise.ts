import { SignwaveError } from '@signwave/format';
import type { Checkpoint } from '../checkpoints/index.js';
import { quote } from '../checkpoints/quote.js';
import { type Architecture, architectureId, expectedTensors } from './architecture.js';
import { ARCHITECTURES } from './architectures.js';
import type { ExpectedTensor, TorchShape } from './state.js';

/** How a checkpoint compares with an architecture. */
export interface Match {
  readonly architecture: Architecture;
  /** The checkpoint, with the names by which it was compared. */
  readonly checkpoint: Checkpoint;
  readonly classes: number;
  readonly expected: ReadonlyMap<string, ExpectedTensor>;
  /** Tensors that are there with the right shape. */
  readonly matching: number;
  /** The first tensor that differs, in words; undefined if none does. */
  readonly difference: string | undefined;
  /** 0 to 1: the part of the names on either side that match, by Dice's measure. */
  readonly likeness: number;
  /** What else it could be, in words, where that is rare and its tensors are the same. */
  readonly note?: string;
}

/** What is known about a checkpoint besides its tensors. */
export interface Hints {
  /** Name or id of the architecture to take it for, or one that signwave doesn't know. */
  readonly arch?: string | Architecture;
  /** BiPer's frequency is known: nobody but BiPer has one. */
  readonly hasOmega0?: boolean;
}

/**
 * Compare a checkpoint with an architecture, tensor by tensor, in the order of the network.
 */
function compare(checkpoint: Checkpoint, architecture: Architecture): Match {
  const { tensors } = checkpoint;
  const classes = tensors.get(`${architecture.classifier}.weight`)?.shape[0] ?? 10;
  // The side comes from a file: a network of a million classes is nobody's, and recording it would cost memory.
  const expected = expectedTensors(architecture, Math.min(Math.max(classes, 1), MAX_CLASSES));
  let matching = 0;
  let difference: string | undefined;
  for (const [name, { shapes, isOptional }] of expected) {
    const found = tensors.get(name);
    const wanted = shapes.map((shape) => `(${shape.join(', ')})`).join(' or ');
    if (found && shapes.some((shape) => sameShape(found.shape, shape))) matching++;
    else if (found) difference ??= `"${name}" is (${found.shape.join(', ')}), expected ${wanted}`;
    else if (!isOptional) difference ??= `"${name}" ${wanted} is missing`;
  }
  for (const name of tensors.keys()) {
    if (!expected.has(name) && !isIgnored(name, architecture.ignores))
      difference ??= `${quote(name)} is there, which ${architecture.name} doesn't have`;
  }
  const likeness = (2 * matching) / (expected.size + tensors.size);
  return { architecture, checkpoint, classes, expected, matching, difference, likeness };
}

/** Modules around a network, one in the other, at most. */
const MAX_ROOTS = 3;

/**
 * Compare a checkpoint with several architectures: by the names that its tensors have or, if no network has those, without those of modules that
 * hold all tensors, such as `model.` in checkpoints of Lightning.
 *
 * @returns the matches by the names that fit best, in the order of `architectures`.
 */
export function compareAll(checkpoint: Checkpoint, architectures: readonly Architecture[]): Match[] {
  let best: Match[] = [];
  let form: Checkpoint | undefined = checkpoint;
  for (let roots = 0; form !== undefined && roots <= MAX_ROOTS; roots++) {
    const named: Checkpoint = form;
    const matches = architectures.map((architecture) => compare(named, architecture));
    if (roots === 0 || nearestOf(matches).likeness > nearestOf(best).likeness) best = matches;
    if (matches.some(({ difference }) => difference === undefined)) return matches;
    form = withoutRoot(named);
  }
  return best;
}

function nearestOf(matches: readonly Match[]): Match {
  return matches.reduce((a, b) => (b.likeness > a.likeness ? b : a));
}

/** The checkpoint without the first part of its names, if that is the same in all. */
function withoutRoot(checkpoint: Checkpoint): Checkpoint | undefined {
  const names = [...checkpoint.tensors.keys()];
  const prefix = names[0]?.slice(0, names[0].indexOf('.') + 1);
  if (!prefix || !names.every((name) => name.startsWith(prefix))) return undefined;
  const tensors = new Map([...checkpoint.tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  return { ...checkpoint, tensors, skipped: [...checkpoint.skipped, `prefix ${quote(prefix)} removed from every key`] };
}

function isIgnored(name: string, patterns: readonly string[] = []): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

/** ImageNet-21k has 21,843. */
const MAX_CLASSES = 100_000;

/**
 * Find out which network a checkpoint holds.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` with the first tensor that differs from the nearest architecture, or with the candidates if
 *   several have these tensors and nothing says which it is; `E_USAGE` for an unknown name.
 */
export function recognise(checkpoint: Checkpoint, hints: Hints = {}): Match {
  const candidates = candidatesOf(hints.arch);
  if (candidates.length === 0) {
    throw new SignwaveError('E_USAGE', `no architecture is called "${hints.arch}"; known: ${knownArchitectures()}`);
  }
  const matches = compareAll(checkpoint, candidates);
  const exact = matches.filter((match) => match.difference === undefined);
  if (exact.length > 0) return theOne(exact, checkpoint, hints);

  const nearest = nearestOf(matches);
  const { architecture, matching, expected, difference } = nearest;
  const why = architecture.diagnose?.((name) => checkpoint.tensors.has(name));
  if (why !== undefined) throw new SignwaveError('E_CHECKPOINT_ARCH', `${checkpoint.sourceName}: ${why}`);
  const found =
    matching > 0 || hints.arch !== undefined
      ? `${matching} of the ${expected.size} tensors of ${architectureId(architecture)} match, but ${difference}`
      : `none of its ${checkpoint.tensors.size} tensors is one of a network that signwave knows; the first is ${firstTensor(checkpoint)}`;
  throw new SignwaveError(
    'E_CHECKPOINT_ARCH',
    `${checkpoint.sourceName}: ${found}. The checkpoint is of another network; converted are: ${knownArchitectures()}. ` +
      'Another one can be described: docs/own-network.md.',
  );
}

function firstTensor({ tensors }: Checkpoint): string {
  for (const [name, { shape }] of tensors) return `${quote(name)} (${shape.join(', ')})`;
  return 'missing';
}

function candidatesOf(arch: Hints['arch']): readonly Architecture[] {
  if (arch === undefined) return ARCHITECTURES;
  return typeof arch === 'string' ? ARCHITECTURES.filter((architecture) => isCalled(architecture, arch)) : [arch];
}

/** The names that `--arch` takes, by method. */
function knownArchitectures(): string {
  const names = new Map<string, Set<string>>();
  for (const { method, name } of ARCHITECTURES) names.set(method, (names.get(method) ?? new Set()).add(name));
  return [...names].map(([method, its]) => `${method} (${[...its].join(', ')})`).join('; ');
}

function isCalled(architecture: Architecture, name: unknown): boolean {
  return architecture.name === name || architectureId(architecture) === name;
}

/** @throws {SignwaveError} `E_CHECKPOINT_ARCH` if several networks have the same tensors and nobody says which it is. */
function theOne(all: readonly Match[], checkpoint: Checkpoint, { arch, hasOmega0 = false }: Hints): Match {
  const said = checkpoint.metadata.get('model');
  const [rare, common] = partition(
    all,
    ({ architecture }) =>
      architecture.onlyIfNamed !== undefined && arch !== architectureId(architecture) && !isCalled(architecture, said),
  );
  const exact = common.length > 0 ? common : rare;
  const named = exact.filter(
    ({ architecture }) => architecture === arch || isCalled(architecture, arch) || isCalled(architecture, said),
  );
  // A name that none of them has says nothing.
  const possible = (named.length > 0 ? named : exact).filter(
    ({ architecture }) => !hasOmega0 || architecture.needsOmega0 || arch !== undefined,
  );
  const [first] = possible;
  if (first && possible.length === 1 && (named.length > 0 || first.architecture.mustBeNamed === undefined)) {
    const others = rare.filter(
      ({ architecture }) => architecture.method === first.architecture.method && exact !== rare,
    );
    const note = others.map(
      ({ architecture }) => `if ${architecture.onlyIfNamed}: --arch ${architectureId(architecture)}`,
    );
    return { ...first, ...(note.length > 0 && { note: note.join('; ') }) };
  }

  const ids = all.map(({ architecture }) => architectureId(architecture));
  const reasons = all.flatMap(({ architecture: { mustBeNamed, onlyIfNamed }, architecture }) =>
    mustBeNamed === undefined && onlyIfNamed === undefined
      ? []
      : `${architectureId(architecture)}: ${mustBeNamed ?? `only if ${onlyIfNamed}`}. `,
  );
  const doubt =
    possible.length === 0
      ? 'which have no omega0, and one is given'
      : `and it doesn't say which it is (model: ${typeof said === 'string' ? quote(said) : 'absent'})`;
  throw new SignwaveError(
    'E_CHECKPOINT_ARCH',
    `${checkpoint.sourceName}: its tensors are those of ${ids.join(', and of ')}, ${doubt}. ${reasons.join('')}` +
      `If you know: ${ids.map((id) => `--arch ${id}`).join(' or ')}`,
  );
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function sameShape(a: TorchShape, b: TorchShape): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}

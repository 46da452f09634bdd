import type { Checkpoint } from '../checkpoints/index.js';
import { othersNote, withPrefix } from '../checkpoints/network-tensors.js';
import { quote } from '../checkpoints/quote.js';
import { type Architecture, expectedTensors } from './architecture.js';
import type { ExpectedTensor, TorchShape } from './state.js';

/** How a checkpoint compares with an architecture. */
export interface Match {
  readonly architecture: Architecture;
  /** The checkpoint, with the names by which it was compared. */
  readonly checkpoint: Checkpoint;
  /** What was removed from its names. */
  readonly prefix: string;
  readonly classes: number;
  readonly expected: ReadonlyMap<string, ExpectedTensor>;
  /** Tensors that are there with the right shape. */
  readonly matching: number;
  /** The first tensor that differs, in words; undefined if none does. */
  readonly difference: string | undefined;
  /** Share of the names on both sides that match, 0 to 1, by Dice's measure. */
  readonly likeness: number;
  /** A rare network with the same tensors that it could also be, in words. */
  readonly note?: string;
}

/** A checkpoint whose names were shortened. */
interface Form {
  readonly checkpoint: Checkpoint;
  readonly prefix: string;
}

/** Compare a checkpoint with an architecture, tensor by tensor, in the order of the network. */
function compare({ checkpoint, prefix }: Form, architecture: Architecture): Match {
  const { tensors } = checkpoint;
  const classes = tensors.get(`${architecture.classifier}.weight`)?.shape[0] ?? 10;
  // The number comes from a file. Nobody has a network of a million classes, and recording one would cost memory.
  const expected = expectedTensors(architecture, Math.min(Math.max(classes, 1), MAX_CLASSES));
  let matching = 0;
  let difference: string | undefined;
  for (const [name, { shapes, isOptional }] of expected) {
    const found = tensors.get(name);
    const wanted = shapes.map((shape) => `(${shape.join(', ')})`).join(' or ');
    if (found && shapes.some((shape) => sameShape(found.shape, shape))) matching++;
    else if (found) difference ??= `"${name}" is (${found.shape.join(', ')}), expected ${wanted}`;
    else if (!isOptional) difference ??= `"${name}" ${wanted} is ${unreadAs(checkpoint, prefix + name) ?? 'missing'}`;
  }
  for (const name of tensors.keys()) {
    if (difference !== undefined) break;
    if (!expected.has(name) && !isIgnored(name, architecture.ignores))
      difference = `${quote(name)} is there, which ${architecture.name} doesn't have`;
  }
  const likeness = (2 * matching) / (expected.size + tensors.size);
  return { architecture, checkpoint, prefix, classes, expected, matching, difference, likeness };
}

/** What stands in a tensor's place: an object that isn't read as a tensor. */
function unreadAs({ unread }: Checkpoint, name: string): string | undefined {
  for (const [key, what] of unread ?? []) {
    if (key === name || key.endsWith(`.${name}`)) return `no dense tensor, but ${what}`;
  }
  return undefined;
}

/** Greatest number of modules around a network, one inside the other. */
const MAX_ROOTS = 3;

/** Greatest number of modules side by side that may be the network. */
const MAX_PARTS = 20;

/**
 * Compare a checkpoint with several architectures. The tensors' names are tried as they are. If no network has those, names are tried
 * without modules that hold all tensors, such as `model.` in checkpoints of Lightning. If no network has those either, the names in each
 * module that holds a classifier are tried, without the tensors beside it, such as those of a loss.
 *
 * @returns the matches by the names that fit best, in the order of `architectures`; for several modules, if each holds a network.
 */
export function compareAll(checkpoint: Checkpoint, architectures: readonly Architecture[]): Match[] {
  let best: Match[] = [];
  const tried = new Set<string>();
  const tryForm = (form: Form): readonly Match[] => {
    tried.add(form.prefix);
    const matches = architectures.map((architecture) => compare(form, architecture));
    if (best.length === 0 || nearestOf(matches).likeness > nearestOf(best).likeness) best = matches;
    return matches.filter(isExact);
  };
  let form: Form | undefined = { checkpoint, prefix: '' };
  for (let roots = 0; form !== undefined && roots <= MAX_ROOTS; roots++) {
    if (tryForm(form).length > 0) return best;
    form = withoutRoot(form);
  }
  const parts = partsWithClassifier(checkpoint, architectures).filter((prefix) => !tried.has(prefix));
  const exact = parts.slice(0, MAX_PARTS).flatMap((prefix) => tryForm(partOf(checkpoint, prefix)));
  return exact.length > 0 ? exact : best;
}

export function nearestOf(matches: readonly Match[]): Match {
  return matches.reduce((a, b) => (b.likeness > a.likeness ? b : a));
}

export function isExact({ difference }: Match): boolean {
  return difference === undefined;
}

/** The checkpoint without the first part of its names, if all names share it. */
function withoutRoot({ checkpoint, prefix: taken }: Form): Form | undefined {
  const names = [...checkpoint.tensors.keys()];
  const prefix = names[0]?.slice(0, names[0].indexOf('.') + 1);
  if (!prefix || !names.every((name) => name.startsWith(prefix))) return undefined;
  const skipped = [...checkpoint.skipped, `prefix ${quote(prefix)} removed from every key`];
  return {
    checkpoint: { ...checkpoint, tensors: withPrefix(checkpoint.tensors, prefix), skipped },
    prefix: taken + prefix,
  };
}

/** The prefixes before the names of the architectures' classifiers. */
function partsWithClassifier({ tensors }: Checkpoint, architectures: readonly Architecture[]): string[] {
  const endings = new Set(architectures.map(({ classifier }) => `.${classifier}.weight`));
  const prefixes = [...tensors.keys()].flatMap((name) =>
    [...endings].flatMap((ending) => (name.endsWith(ending) ? [name.slice(0, 1 - ending.length)] : [])),
  );
  return [...new Set(prefixes)];
}

/** One module of a checkpoint, and a line about what lies beside it. */
function partOf(checkpoint: Checkpoint, prefix: string): Form {
  const notes = [`prefix ${quote(prefix)} removed`, ...othersNote(checkpoint.tensors.keys(), prefix)];
  const tensors = withPrefix(checkpoint.tensors, prefix);
  return { checkpoint: { ...checkpoint, tensors, skipped: [...checkpoint.skipped, ...notes] }, prefix };
}

function isIgnored(name: string, patterns: readonly string[] = []): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

/** ImageNet-21k has 21,843. */
const MAX_CLASSES = 100_000;

function sameShape(a: TorchShape, b: TorchShape): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}

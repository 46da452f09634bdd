import { LongError, SignwaveError } from '@signwave/format';
import type { Checkpoint } from '../checkpoints/index.js';
import { quote } from '../checkpoints/quote.js';
import { type Architecture, architectureId } from './architecture.js';
import { ARCHITECTURES } from './architectures.js';
import { compareAll, isExact, type Match, nearestOf } from './compare.js';
import { candidateTable, nearestTable } from './match-tables.js';
import { A32_OPTION } from './methods/reste.js';
import { hasOnlyPlainTensors, isCalled, isFloatName, statedNames, trainedWithA32 } from './training-facts.js';

/** What is known about a checkpoint besides its tensors. */
export interface Hints {
  /** Name or id of the architecture that it should be taken for, or an architecture that signwave doesn't know. */
  readonly arch?: string | Architecture;
  /** Whether BiPer's frequency is known: only BiPer has one. */
  readonly hasOmega0?: boolean;
}

/**
 * Find out which network a checkpoint holds.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` with a table of the nearest architectures and the first tensor that differs from each, or with the
 *   candidates if several have these tensors and nothing says which it is, or if it is one with float weights; `E_USAGE` for an unknown name.
 */
export function recognise(checkpoint: Checkpoint, hints: Hints = {}): Match {
  const candidates = candidatesOf(hints.arch);
  if (candidates.length === 0) {
    throw new SignwaveError('E_USAGE', `no architecture is called "${hints.arch}"; known: ${knownArchitectures()}`);
  }
  const matches = compareAll(checkpoint, candidates);
  const exact = matches.filter(isExact);
  if (exact.length > 0) return theOne(inOneModule(exact, checkpoint), checkpoint, hints);

  const nearest = nearestOf(matches);
  const why = nearest.architecture.diagnose?.((name) => nearest.checkpoint.tensors.has(name));
  if (why !== undefined) throw refusal(checkpoint, `: ${why}`);
  if (nearest.matching === 0 && hints.arch === undefined) {
    throw refusal(
      checkpoint,
      `: none of its ${checkpoint.tensors.size} tensors is one of a network that signwave knows; the first is ${firstTensor(checkpoint)}. docs/own-network.md describes others`,
    );
  }
  const under = nearest.prefix === '' ? '' : ` under ${quote(nearest.prefix)}`;
  const what =
    hints.arch === undefined
      ? 'is of no network that signwave knows'
      : `isn't of ${architectureId(nearest.architecture)}`;
  throw refusal(
    checkpoint,
    ` ${what}${under}`,
    ...nearestTable(matches),
    '  docs/own-network.md describes other networks',
  );
}

function refusal({ sourceName }: Checkpoint, what: string, ...lines: readonly string[]): SignwaveError {
  return new LongError('E_CHECKPOINT_ARCH', [sourceName + what, ...lines]);
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

/** @throws {SignwaveError} `E_CHECKPOINT_ARCH` if several modules of the checkpoint are networks. */
function inOneModule(exact: readonly Match[], checkpoint: Checkpoint): readonly Match[] {
  const prefixes = [...new Set(exact.map(({ prefix }) => prefix))];
  if (prefixes.length === 1) return exact;
  throw refusal(
    checkpoint,
    ` has ${prefixes.length} networks, under ${prefixes.map(quote).join(', ')}: choose one with --prefix ${prefixes[0]}`,
  );
}

/** @throws {SignwaveError} `E_CHECKPOINT_ARCH` if several networks have the same tensors and nothing says which one it is. */
function theOne(all: readonly Match[], checkpoint: Checkpoint, { arch, hasOmega0 = false }: Hints): Match {
  const stated = statedNames(checkpoint);
  const isA32 = trainedWithA32(checkpoint);
  const isStated = ({ architecture }: Match): boolean => stated.some((name) => isCalled(architecture, name));
  const isTyped = ({ architecture }: Match): boolean => architecture === arch || isCalled(architecture, arch);
  const isOfA32 = ({ architecture: { onlyIfNamed } }: Match): boolean => onlyIfNamed === A32_OPTION;
  checkA32(all, checkpoint, isA32 ?? false);
  if (arch === undefined && !all.some(isStated)) checkFloat(all, checkpoint, stated);

  const [rare, common] = partition(
    all,
    (match) =>
      match.architecture.onlyIfNamed !== undefined &&
      arch !== architectureId(match.architecture) &&
      !isStated(match) &&
      !(isA32 && isOfA32(match)),
  );
  const likely = common.length > 0 ? common : rare;
  const trained = isA32 && arch === undefined ? likely.filter(isOfA32) : [];
  const exact = trained.length > 0 ? trained : likely;
  const named = exact.filter(
    (match) => isTyped(match) || isStated(match) || isStatedWithoutA32(match, stated, trained),
  );
  // A name that none of them has tells nothing.
  const possible = (named.length > 0 ? named : exact).filter(
    ({ architecture }) => !hasOmega0 || architecture.needsOmega0 || arch !== undefined,
  );
  const [first] = possible;
  if (first && possible.length === 1 && (named.length > 0 || first.architecture.mustBeNamed === undefined)) {
    return { ...first, ...noteOf(first, likely === rare ? [] : rare, isA32) };
  }

  const doubt =
    possible.length === 0
      ? ', which have no omega0, and one is given'
      : `, and doesn't say which it is (model: ${stated[0] === undefined ? 'absent' : quote(stated[0])})`;
  const ids = all.length > 1 ? `${all.length} networks` : architectureId(all[0]!.architecture);
  throw refusal(checkpoint, ` has the tensors of ${ids}${doubt}. If you know:`, ...candidateTable(all));
}

/** Whether the checkpoint states the authors' name: with `--a32` they still call it `resnet20_1w1a`, which is `resnet20_1w32a` here. */
function isStatedWithoutA32({ architecture }: Match, stated: readonly string[], trained: readonly Match[]): boolean {
  return trained.length > 0 && stated.includes(architecture.name.replace('_1w32a', '_1w1a'));
}

function noteOf(first: Match, rare: readonly Match[], isA32: boolean | undefined): { readonly note?: string } {
  const { method, refusesA32 } = first.architecture;
  if (isA32 === false) return {};
  const notes = rare
    .filter(({ architecture }) => architecture.method === method)
    .map(({ architecture }) => `if ${architecture.onlyIfNamed}: --arch ${architectureId(architecture)}`);
  if (refusesA32 !== undefined) notes.push(`if ${A32_OPTION}, this is another network: ${refusesA32}`);
  return notes.length > 0 ? { note: notes.join('; ') } : {};
}

/** @throws {SignwaveError} `E_CHECKPOINT_ARCH` if the checkpoint was trained with float activations but no network here has these. */
function checkA32(all: readonly Match[], checkpoint: Checkpoint, isA32: boolean): void {
  const why = all.find(({ architecture }) => architecture.refusesA32 !== undefined)?.architecture.refusesA32;
  if (isA32 && why !== undefined) throw refusal(checkpoint, ` says that ${A32_OPTION}: ${why}`);
}

/** @throws {SignwaveError} `E_CHECKPOINT_ARCH` if the checkpoint says that its weights are floats and its tensors don't contradict that. */
function checkFloat(all: readonly Match[], checkpoint: Checkpoint, stated: readonly string[]): void {
  for (const { architecture, expected } of all) {
    const name = stated.find((it) => isFloatName(it, architecture));
    if (name === undefined || !hasOnlyPlainTensors(expected.keys())) continue;
    throw refusal(
      checkpoint,
      ` says that it is ${quote(name)}, which is its authors' network with float weights: those aren't packed. If its weights are binary all the same:`,
      ...candidateTable(all),
    );
  }
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

import { SignwaveError } from '@signwave/format';
import { quote } from './quote.js';
import { withoutWrappers } from './wrapper-prefixes.js';

/** Selects the part of a checkpoint that is the network. */
export interface PartOptions {
  /**
   * The state dict, if there are several: the keys that lead to it, with dots between (`ema`, `model.state_dict`, `0`). Default: the only
   * one, or the one under a usual key.
   */
  readonly stateDict?: string;
  /** Take only tensors whose names begin with this, and remove it from their names (`model.`; the dot may be left out). */
  readonly prefix?: string;
}

/**
 * The network's tensors by its own names: those with the given prefix, if there is one, without what wrappers and tools add.
 *
 * @returns tensors in the same order, and a line that says what was done for each change.
 * @throws {SignwaveError} `E_USAGE` if no name begins with the prefix.
 */
export function networkTensors<T>(
  all: ReadonlyMap<string, T>,
  { prefix }: PartOptions,
  sourceName: string,
): { readonly tensors: ReadonlyMap<string, T>; readonly notes: readonly string[] } {
  const bare = withoutWrappers(all);
  if (prefix === undefined || prefix === '') return bare;
  for (const { tensors, notes } of [{ tensors: all, notes: [] }, bare]) {
    for (const begin of prefix.endsWith('.') ? [prefix] : [`${prefix}.`, prefix]) {
      const under = withPrefix(tensors, begin);
      if (under.size === 0) continue;
      const network = withoutWrappers(under);
      const others = othersNote(tensors.keys(), begin);
      const removed = `prefix ${quote(begin)} removed from ${under.size} keys`;
      return { tensors: network.tensors, notes: [...notes, removed, ...others, ...network.notes] };
    }
  }
  throw new SignwaveError(
    'E_USAGE',
    `${sourceName}: no tensor has a name that begins with ${quote(prefix)}; the names begin with ${beginnings(bare.tensors.keys())}`,
  );
}

/** The tensors whose names begin with a prefix, by the rest of their names. */
export function withPrefix<T>(tensors: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  return new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) && name.length > prefix.length ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
}

/** A line about tensors that aren't under a prefix; empty if all are. */
export function othersNote(names: Iterable<string>, prefix: string): readonly string[] {
  const others = [...names].filter((name) => !name.startsWith(prefix));
  if (others.length === 0) return [];
  const shown = others.slice(0, 3).map(quote).join(', ');
  return [
    `${others.length} ${others.length === 1 ? 'tensor' : 'tensors'} not under ${quote(prefix)}: ${shown}${others.length > 3 ? ', ...' : ''}`,
  ];
}

const SHOWN_BEGINNINGS = 8;

/** The first parts of the names, and how many names have each: `model. (14), criterion. (1)`. */
function beginnings(names: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const part = name.slice(0, name.indexOf('.') + 1) || name;
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const shown = [...counts].slice(0, SHOWN_BEGINNINGS).map(([part, count]) => `${quote(part)} (${count})`);
  return shown.join(', ') + (counts.size > SHOWN_BEGINNINGS ? ', ...' : '');
}

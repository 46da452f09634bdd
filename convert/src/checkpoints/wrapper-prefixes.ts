import { quote } from './quote.js';

/** What `torch.nn.DataParallel` and `torch.compile` put before every name. */
const WRAPPER_PREFIXES = ['module.', '_orig_mod.'];
const MAX_WRAPPERS = 4;

/** Counters that tools leave in a state dict: thop's profiler in every module, torch's AveragedModel beside the network. */
const COUNTERS = /(^|\.)(total_ops|total_params)$|^n_averaged$/;

/**
 * Remove what wrappers and tools add to a network's own names: counters, prefixes for as long as every name has one, and the prefix of a
 * part of the network that is wrapped by itself, as in `features.module.0.weight`.
 *
 * @returns tensors in the same order, and a line that says what was done for each change.
 */
export function withoutWrappers<T>(tensors: ReadonlyMap<string, T>): {
  readonly tensors: ReadonlyMap<string, T>;
  readonly notes: readonly string[];
} {
  const counters = [...tensors.keys()].filter((name) => COUNTERS.test(name));
  const notes = counters.length > 0 ? [`${counters.length} counters of tools (${counters[0]}, ...)`] : [];
  let bare: ReadonlyMap<string, T> = new Map([...tensors].filter(([name]) => !COUNTERS.test(name)));
  for (let wrappers = 0; wrappers < MAX_WRAPPERS; wrappers++) {
    const prefix = WRAPPER_PREFIXES.find((it) => isAround([...bare.keys()], it));
    if (prefix === undefined) break;
    bare = new Map([...bare].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
    notes.push(`prefix "${prefix}" removed from every key`);
  }
  const prefixes = new Map<string, string>();
  for (const [part, names] of namesByPart(bare.keys())) {
    const prefix = WRAPPER_PREFIXES.find((it) => isAround(names, part + it));
    if (prefix === undefined) continue;
    prefixes.set(part, prefix);
    notes.push(`prefix "${prefix}" removed from every key of ${quote(part)}`);
  }
  if (prefixes.size === 0) return { tensors: bare, notes };
  const withoutPrefix = (name: string): string => {
    const part = partOf(name);
    return part + name.slice(part.length + (prefixes.get(part)?.length ?? 0));
  };
  return { tensors: new Map([...bare].map(([name, tensor]) => [withoutPrefix(name), tensor])), notes };
}

/** The first part of a name, with its dot; empty if there is none. */
function partOf(name: string): string {
  return name.slice(0, name.indexOf('.') + 1);
}

function namesByPart(names: Iterable<string>): ReadonlyMap<string, string[]> {
  const parts = new Map<string, string[]>();
  for (const name of names) {
    const part = partOf(name);
    const others = parts.get(part);
    if (part === '') continue;
    if (others) others.push(name);
    else parts.set(part, [name]);
  }
  return parts;
}

function isAround(names: readonly string[], prefix: string): boolean {
  return names.length > 0 && names.every((name) => name.startsWith(prefix));
}

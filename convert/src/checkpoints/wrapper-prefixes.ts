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
  for (const part of new Set([...bare.keys()].map((name) => name.slice(0, name.indexOf('.') + 1)))) {
    const names = [...bare.keys()].filter((name) => part !== '' && name.startsWith(part));
    const prefix = WRAPPER_PREFIXES.find((it) => isAround(names, part + it));
    if (prefix === undefined) continue;
    const wrapped = part + prefix;
    bare = new Map(
      [...bare].map(([name, tensor]) => [name.startsWith(wrapped) ? part + name.slice(wrapped.length) : name, tensor]),
    );
    notes.push(`prefix "${prefix}" removed from every key of "${part}"`);
  }
  return { tensors: bare, notes };
}

function isAround(names: readonly string[], prefix: string): boolean {
  return names.length > 0 && names.every((name) => name.startsWith(prefix));
}

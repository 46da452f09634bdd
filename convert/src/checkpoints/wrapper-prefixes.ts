/** What `torch.nn.DataParallel` and `torch.compile` put before every name. */
const WRAPPER_PREFIXES = ['module.', '_orig_mod.'];
const MAX_WRAPPERS = 4;

/**
 * Take the prefixes of wrappers off, as often as every name has one.
 *
 * @returns tensors in the same order, and a line for each prefix that says what was done.
 */
export function withoutWrapperPrefixes<T>(tensors: ReadonlyMap<string, T>): {
  readonly tensors: ReadonlyMap<string, T>;
  readonly notes: readonly string[];
} {
  const notes: string[] = [];
  let bare = tensors;
  for (
    let prefix = commonPrefix(bare);
    prefix !== undefined && notes.length < MAX_WRAPPERS;
    prefix = commonPrefix(bare)
  ) {
    const { length } = prefix;
    bare = new Map([...bare].map(([name, tensor]) => [name.slice(length), tensor]));
    notes.push(`prefix "${prefix}" removed from every key`);
  }
  return { tensors: bare, notes };
}

function commonPrefix(tensors: ReadonlyMap<string, unknown>): string | undefined {
  if (tensors.size === 0) return undefined;
  return WRAPPER_PREFIXES.find((prefix) => [...tensors.keys()].every((name) => name.startsWith(prefix)));
}

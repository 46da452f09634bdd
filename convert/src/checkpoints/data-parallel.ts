/** What `torch.nn.DataParallel` puts before every name. */
const DATA_PARALLEL_PREFIX = 'module.';

/**
 * Take the prefix off, if every name has it.
 *
 * @returns tensors in the same order, and a line that says what was done, if anything was.
 */
export function withoutDataParallelPrefix<T>(tensors: ReadonlyMap<string, T>): {
  readonly tensors: ReadonlyMap<string, T>;
  readonly notes: readonly string[];
} {
  for (const name of tensors.keys()) if (!name.startsWith(DATA_PARALLEL_PREFIX)) return { tensors, notes: [] };
  if (tensors.size === 0) return { tensors, notes: [] };
  return {
    tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(DATA_PARALLEL_PREFIX.length), tensor])),
    notes: [`prefix "${DATA_PARALLEL_PREFIX}" removed from every key`],
  };
}

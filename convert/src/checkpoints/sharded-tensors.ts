import { SignwaveError } from '@signwave/format';
import { Opaque, PickleDict, type PickleValue, showPath } from './pickle-values.js';
import { quote } from './quote.js';

/** Tensors of which each process has a part and saves that alone. */
const SHARDED = /^torch\.distributed\.[\w.]+\.(?:ShardedTensor|DTensor)$/;
/** How FSDP calls the parameters of a module that it made one tensor of, of which each process has a part. */
const FLAT = /(?:^|\.)_?flat_param(?:_\d+)?$/;

/** Whether this is a part of a tensor. What is in it is no state dict. */
export function isSharded(value: PickleValue): boolean {
  return value instanceof Opaque && SHARDED.test(value.path);
}

/**
 * Check that no tensor of a dict is a part of one.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` that names the first, and what to save instead.
 */
export function refuseShards(parts: Iterable<readonly [PickleValue, PickleValue]>, sourceName: string): void {
  for (const [key, value] of parts) {
    const isFlat = typeof key === 'string' && FLAT.test(key);
    if (!isFlat && !isSharded(value)) continue;
    const what = isFlat ? 'the parameters of several layers in one' : `a ${showPath((value as Opaque).path)}`;
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${sourceName} has one process’s parts of tensors: ${quote(String(key))} is ${what}. Save all of them from the training script: ` +
        'get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True)) of torch.distributed.checkpoint.state_dict, in every process, ' +
        'and torch.save of it in rank 0.',
    );
  }
}

/** Refuses what a process of DeepSpeed saved that had a part of each layer. @throws {SignwaveError} `E_CHECKPOINT_KIND` */
export function refuseTensorParallel(root: PickleValue, sourceName: string): void {
  const size = root instanceof PickleDict ? root.entries.get('mp_world_size') : undefined;
  if (typeof size !== 'number' || size < 2) return;
  throw new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} is one of ${size} parts of a network that was divided among processes (mp_world_size = ${size}), which nothing joins but the program that divided it; train with a tensor parallel size of 1`,
  );
}

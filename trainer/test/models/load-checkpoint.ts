import { readFile } from 'node:fs/promises';
import { bytesSource } from '@signwave/format';
import { type Checkpoint, openCheckpoint } from '../../../convert/src/checkpoints/index.js';
import type { Network, Tf, Variable } from '../../src/types.js';

export async function openFile(path: string): Promise<Checkpoint> {
  return openCheckpoint(bytesSource(await readFile(path), path));
}

/**
 * Give a network the tensors of a checkpoint that has just these. int64 counters stay as they are: nothing reads them here.
 *
 * @param storedName what the checkpoint calls a tensor of the network; default: the same.
 */
export async function load(
  tf: Tf,
  network: Network,
  checkpoint: Checkpoint,
  storedName = (name: string): string => name,
): Promise<void> {
  for (const { name, variable } of network.parameters) {
    const values = await checkpoint.tensors.get(storedName(name))!.readF32();
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape) as Variable));
  }
  for (const buffer of network.buffers) {
    const { shape, dtype } = buffer.get();
    if (dtype !== 'float32') continue;
    buffer.set(tf.tensor(await checkpoint.tensors.get(storedName(buffer.name))!.readF32(), shape));
  }
}

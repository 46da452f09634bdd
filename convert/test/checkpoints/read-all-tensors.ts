import type { ByteSource } from '@signwave/format';
import { type Checkpoint, openCheckpoint } from '../../src/checkpoints/index.js';

/**
 * Opens a checkpoint and reads each of its tensors.
 *
 * @throws {SignwaveError} if it can't be read. @throws {Error} if a tensor hasn't as many values as its shape says.
 */
export async function readAllTensors(source: ByteSource): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(source);
  for (const { name, shape, readF32 } of checkpoint.tensors.values()) {
    const { length } = await readF32();
    const elements = shape.reduce((product, side) => product * side, 1);
    if (length !== elements) throw new Error(`${name} of shape (${shape}) has ${length} values`);
  }
  return checkpoint;
}

import { useCpu } from '../../src/backends/cpu.js';
import type { Tf } from '../../src/types.js';

/** Compute on the cpu back end, the plain twin of all others, and return to the present one. */
export async function onCpu<T>(tf: Tf, compute: () => Promise<T>): Promise<T> {
  const present = tf.getBackend();
  await useCpu(tf);
  const result = await compute();
  await tf.setBackend(present);
  return result;
}

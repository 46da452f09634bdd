import type { Tf } from '../types.js';
import type { Attempt } from './attempt.js';
import { registerConvolutionGradients } from './convolution-gradients.js';
import type { Modules } from './modules.js';

/** Plain JavaScript: what tests compare other back ends with, and hundreds of times slower than these. */
export async function openCpu(modules: Modules): Promise<Attempt> {
  const tf = await modules.tfjs();
  await useCpu(tf);
  // The stock filter gradient takes 92 % of a step; the stock input gradient is as fast as ours.
  registerConvolutionGradients(tf, 'cpu', ['filter']);
  return { name: 'cpu', tf, device: 'JavaScript, one thread', isGpu: false };
}

/** Make `cpu` tfjs's current back end, with whatever kernels it has. */
export async function useCpu(tf: Tf): Promise<void> {
  await tf.setBackend('cpu');
  // On its first tensor it would print that tfjs-node is faster; weighing that is the job of `chooseBackend`.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
}

import type { KernelBackend } from '@tensorflow/tfjs';
import type { Tensor, Tf } from '../types.js';
import type { Attempt } from './attempt.js';
import { registerConvolutionGradients, replaceKernel } from './convolution-gradients.js';
import type { Modules } from './modules.js';

/** WebAssembly on one thread: tfjs doesn't use threads in Node. */
export async function openWasm(modules: Modules): Promise<Attempt> {
  const tf = await modules.tfjs();
  await modules.wasm();
  if (!(await tf.setBackend('wasm'))) {
    return {
      reason: 'its WebAssembly module does not start',
      remedy: 'Run npm ci to repair node_modules; Node needs WebAssembly, so leave --jitless out.',
    };
  }
  // tfjs has no filter gradient for wasm, and its input gradient is a plain loop that takes twice as long as the rest of a step.
  registerConvolutionGradients(tf, 'wasm', ['filter', 'input']);
  shareClones(tf);
  const hasSimd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return { name: 'wasm', tf, device: `WebAssembly${hasSimd ? ' SIMD' : ''}, one thread`, isGpu: false };
}

/**
 * Let a clone share its tensor's data, as on every other back end. The wasm back end copies, and the gradient tape clones every operand.
 */
function shareClones(tf: Tf): void {
  replaceKernel(tf, 'Identity', 'wasm', ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs.x as Tensor;
    (backend as KernelBackend).incRef(dataId);
    return { dataId, shape, dtype };
  });
}

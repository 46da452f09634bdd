import type { KernelConfig } from '@tensorflow/tfjs';
import { replaceKernel } from '../../src/backends/convolution-gradients.js';
import type { Tf } from '../../src/types.js';

const KERNEL = 'Conv2DBackpropFilter';

/** tfjs's own filter gradient on `webgpu`, kept before the trainer may replace it. */
export class StockKernel {
  readonly #tf: Tf;
  readonly #kernel: KernelConfig;

  constructor(tf: Tf) {
    this.#tf = tf;
    this.#kernel = tf.getKernel(KERNEL, 'webgpu');
  }

  restore(): void {
    replaceKernel(this.#tf, KERNEL, 'webgpu', this.#kernel.kernelFunc);
  }
}

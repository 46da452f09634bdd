import { ARCHITECTURES, type Architecture, architectureId } from '@signwave/convert';
import type { FloatTensor } from '../../convert/test/checkpoints/build-safetensors.js';
import { randomState, seededRandom } from './random-checkpoint.js';

/** Methods whose networks were published in formats of their own, or by their authors alone. */
const METHODS = ['pcnn', 'bonn', 'lcr', 'dorefa', 'bnn', 'hwgq'];
export const publishedNetworks: readonly Architecture[] = ARCHITECTURES.filter(({ method }) =>
  METHODS.includes(method),
);

/** HWGQ's levels above 0. */
const CENTERS = [0.538, 1.076, 1.614];

/** Random tensors as a published network's files have them. */
export function publishedState(architecture: Architecture): Map<string, FloatTensor> {
  const state = randomState(architecture, architecture.preprocess === 'imagenet' ? 1000 : 10, 5);
  for (const [name, { shape, values }] of state) {
    if (name.endsWith('.centers')) state.set(name, { shape, values: Float32Array.from(CENTERS) });
    const isStoredBinary = ['pcnn', 'bonn'].includes(architecture.method)
      ? name.endsWith('.conv.weight')
      : architecture.name.endsWith('_bw') && /^(?:res.*|conv[2-9]|fc[67])\.weight$/.test(name);
    if (isStoredBinary) state.set(name, { shape, values: values.map((w) => (w < 0 ? -0.02 : 0.02)) });
  }
  return state;
}

/** Side of a network's images, by its id. */
export function imageSide(id: string): number {
  if (id.startsWith('hwgq-alexnet')) return 227;
  return /cifar|small|resnet20|resnet_binary/.test(id) ? 32 : 224;
}

/** Bytes (H, W, 3) of an image of noise. */
export function noiseImage(side: number): Uint8Array {
  const random = seededRandom(9);
  return Uint8Array.from({ length: side * side * 3 }, () => random() * 256);
}

export const published = (id: string): Architecture => publishedNetworks.find((it) => architectureId(it) === id)!;

import { ARCHITECTURES, type Architecture, architectureId } from '@signwave/convert';
import type { FloatTensor } from '../../convert/test/checkpoints/build-safetensors.js';
import { randomState, seededRandom } from './random-checkpoint.js';

/** Methods whose networks were published in formats of their own, or by their authors alone. */
const METHODS = ['pcnn', 'bonn', 'lcr', 'dorefa', 'bnn', 'hwgq', 'bnext', 'bitorch'];
/** Networks whose files would need gigabytes; they differ from smaller ones in widths and depths alone. */
const TOO_LARGE = ['bnext_middle', 'bnext_large'];
export const publishedNetworks: readonly Architecture[] = ARCHITECTURES.filter(
  ({ method, name }) => METHODS.includes(method) && !TOO_LARGE.includes(name),
);

/** HWGQ's levels above 0. */
const CENTERS = [0.538, 1.076, 1.614];

/** Random tensors as a published network's files have them. */
export function publishedState(architecture: Architecture): Map<string, FloatTensor> {
  const state = randomState(architecture, architecture.preprocess === 'imagenet' ? 1000 : 10, 5);
  for (const [name, { shape, values }] of state) {
    // Of BNext after 512 epochs.
    if (name.endsWith('.temperature')) state.set(name, { shape, values: Float32Array.of(0.9 ** 512) });
    // Its sums aren't scaled, so its batch norms have to bring them near 1.
    const ofSums =
      name.endsWith('.norm1.running_var') && state.get(name.replace('norm1.running_var', 'binary_conv.weight'));
    if (ofSums) {
      const taps = ofSums.values.length / ofSums.shape[0]!;
      state.set(name, { shape, values: values.map((variance) => variance * taps) });
    }
    if (name.endsWith('.centers')) state.set(name, { shape, values: Float32Array.from(CENTERS) });
    const isStoredBinary = ['pcnn', 'bonn'].includes(architecture.method)
      ? name.endsWith('.conv.weight')
      : architecture.name.endsWith('_bw') && /^(?:res.*|conv[2-9]|fc[67])\.weight$/.test(name);
    if (isStoredBinary) state.set(name, { shape, values: values.map((w) => (w < 0 ? -0.02 : 0.02)) });
  }
  return state;
}

/** Side of a network's images, by its id. */
function imageSide(id: string): number {
  if (id.startsWith('hwgq-alexnet')) return 227;
  return /cifar|vgg_small|resnet20|resnet_binary/.test(id) ? 32 : 224;
}

/**
 * Bytes (H, W, 3) of an image of noise for a network. Of BNext's five million signs one or two lie so near their thresholds, for most images,
 * that the order of sums decides them, which changes its logits; its image is one without.
 */
export function noiseImage(id: string): Uint8Array {
  const side = imageSide(id);
  const random = seededRandom(id.startsWith('bnext-') ? 11 : 9);
  return Uint8Array.from({ length: side * side * 3 }, () => random() * 256);
}

export const published = (id: string): Architecture => publishedNetworks.find((it) => architectureId(it) === id)!;

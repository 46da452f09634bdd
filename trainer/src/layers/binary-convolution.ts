import type { ActivationQuantizer, WeightQuantizer } from '../quantizers/index.js';
import type { Tensor, Tensor4D, Variable } from '../types.js';
import { scaleChannels } from './channel-scale.js';
import { type ConvolutionShape, convolve, type Layer } from './convolution.js';
import { type Initialiser, kaimingNormal, uniform } from './initialisers.js';
import type { LayerStore } from './layer-store.js';

/** What all binary layers of a network have in common. */
export interface Quantizers {
  readonly weights: WeightQuantizer;
  readonly activations: ActivationQuantizer;
  /** Gives (O, 1, 1), which scales the output in stage 2. Without it, alpha does in both stages, learned per output channel. */
  readonly outputScale?: (weights: Tensor4D) => Tensor;
}

export interface BinaryConvolutionOptions {
  readonly initialise?: Initialiser;
  /** Whether the state dict has a `beta`, as that of CIFAR's 1W/1A networks: a relic that nothing reads, all ones here. */
  readonly hasBeta?: boolean;
}

/**
 * `BinarizeConv2d` of the authors' code: y = alpha * conv(aq(x), wq(w)), alpha learned per output channel. With an `outputScale`, alpha
 * follows from the latent weights and gets no gradient, but still is in the state dict, so that whoever packs a checkpoint need not know
 * where it came from.
 *
 * The map is padded after binarisation, so its border zeros are a third level.
 * from the latent weights, without a gradient, and is in the state dict all the same: whoever packs a checkpoint need not know how it came about.
 *
 * The zeros around the map come after binarisation, so they are a third level there.
 */
export function binaryConvolution(
  store: LayerStore,
  name: string,
  { inChannels, outChannels, kernel, stride = 1, pad = 0 }: ConvolutionShape,
  quantizers: Quantizers,
  { initialise = kaimingNormal, hasBeta = false }: BinaryConvolutionOptions = {},
): Layer {
  const { tf, phase } = store;
  const weight = store.parameter(`${name}.weight`, [outChannels, inChannels, kernel, kernel], initialise);
  const alpha = scaleOf(store, name, weight, quantizers);
  if (hasBeta) store.buffer(`${name}.beta`, tf.ones([outChannels, 1, 1]));
  store.buffer(`${name}.tau`, tf.scalar(1));
  store.binaryLayer(name, weight);
  return (x, training) => {
    const filters = quantizers.weights(weight as unknown as Tensor4D, phase);
    const signs = quantizers.activations(x, training);
    const scale = alpha();
    if (scale === undefined) return convolve(tf, signs, filters, stride, pad);
    // In evaluation alpha scales exact integers, as in a packed model. In training it scales the filters instead, which is the same except
    // for rounding and saves four passes over the map, forward and backward together.
    if (!training) return scaleChannels(tf, convolve(tf, signs, filters, stride, pad), scale);
    const scaled = tf.mul(filters, tf.reshape(scale, [outChannels, 1, 1, 1])) as Tensor4D;
    return convolve(tf, signs, scaled, stride, pad);
  };
}

/**
 * Declares `alpha`. @returns a function for the present scale of the output, (O, 1, 1); a scale that follows from the weights has none in
 * stage 1.
 */
function scaleOf(
  store: LayerStore,
  name: string,
  weight: Variable,
  { outputScale }: Quantizers,
): () => Tensor | undefined {
  if (!outputScale) {
    const alpha = store.parameter(`${name}.alpha`, [weight.shape[0]!, 1, 1], uniform(0, 1));
    return () => alpha;
  }
  const alpha = store.derived(`${name}.alpha`, weight, () => outputScale(weight as unknown as Tensor4D));
  return () => (store.phase.stage === '1' ? undefined : alpha.get());
}

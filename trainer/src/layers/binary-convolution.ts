import type { ScaleRule } from '../methods/method.js';
import type {
  BinaryLayerState,
  FilterShape,
  MakeActivationQuantizer,
  MakeWeightQuantizer,
  QuantizerOptions,
} from '../quantizers/types.js';
import type { Tensor, Tensor4D } from '../types.js';
import { scaleChannels, shiftChannels } from './channel-scale.js';
import { type ConvolutionShape, convolve, type Layer } from './convolution.js';
import { type Initialiser, kaimingNormal, linearUniform, uniform } from './initialisers.js';
import type { LayerStore } from './layer-store.js';

/** What all binary layers of a network have in common. */
export interface Quantizers {
  readonly weights: { readonly make: MakeWeightQuantizer; readonly options: QuantizerOptions };
  readonly activations: { readonly make: MakeActivationQuantizer; readonly options: QuantizerOptions };
  /** `wave` is the paper's gamma = E|sin(omega0 w)|, which scales the output in stage 2 and isn't learned. */
  readonly scale: ScaleRule | 'wave';
  /** Gives (O, 1, 1), for the scale `wave`. */
  readonly wave?: (weights: Tensor4D) => Tensor;
  /** Initial latent weights; default: the network's. */
  readonly initialise?: Initialiser | undefined;
  readonly hasBias: boolean;
  /** Latent weights are clipped to plus or minus this after each step. */
  readonly weightClip?: number | undefined;
  /** Whether the state dict has what the authors' `BinarizeConv2d` leaves there: `tau`, and `beta` in CIFAR's 1W/1A networks. */
  readonly hasRelics: boolean;
}

export interface BinaryConvolutionOptions {
  readonly initialise?: Initialiser;
  /** Whether `beta` is among the relics: nothing reads it, and it is all ones here. */
  readonly hasBeta?: boolean;
  /** What quantized activations are padded with; default 0. */
  readonly padValue?: number;
}

/**
 * A convolution of quantized activations by quantized weights, as `BinarizeConv2d` of BiPer's code and its kin: y = alpha * conv(aq(x),
 * wq(w)) + bias, where alpha, a learned factor of each output channel, and bias are there if the method has them. The scale `wave` follows
 * from the latent weights and gets no gradient, but is in the state dict as `alpha` all the same: whoever packs a checkpoint need not know
 * how it came about.
 *
 * The map is padded after binarisation, so its border zeros are a third level, unless the pads have a level's value.
 */
export function binaryConvolution(
  store: LayerStore,
  name: string,
  { inChannels, outChannels, kernel, stride = 1, pad = 0 }: ConvolutionShape,
  quantizers: Quantizers,
  { initialise = kaimingNormal, hasBeta = false, padValue = 0 }: BinaryConvolutionOptions = {},
): Layer {
  const { tf, phase } = store;
  const shape: FilterShape = [outChannels, inChannels, kernel, kernel];
  let initial: Float32Array = new Float32Array(0);
  const weight = store.parameter(
    `${name}.weight`,
    shape,
    (_, random) => {
      initial = (quantizers.initialise ?? initialise)(shape, random);
      return initial;
    },
    { isLatent: true },
  );
  const layer = store.binaryLayer(name, shape, weight, initial);
  const alpha = scaleOf(store, layer, quantizers);
  const bias = quantizers.hasBias
    ? store.parameter(`${name}.bias`, [outChannels], linearUniform(inChannels * kernel * kernel))
    : undefined;
  const { weights, activations, hasRelics, weightClip } = quantizers;
  if (hasRelics && hasBeta) store.buffer(`${name}.beta`, tf.ones([outChannels, 1, 1]));
  const quantizeWeights = weights.make(tf, weights.options, layer);
  if (weightClip !== undefined) layer.afterStep(() => weight.assign(tf.clipByValue(weight, -weightClip, weightClip)));
  // ReCU's weights have their own tau.
  const hasTau = store.buffers.some((buffer) => buffer.name === `${name}.tau`);
  if (hasRelics && !hasTau) store.buffer(`${name}.tau`, tf.scalar(1));
  store.binaryLayers.push({
    name,
    weight,
    quantized: () => quantizeWeights(weight as unknown as Tensor4D, phase, false),
  });
  const quantizeActivations = activations.make(tf, activations.options, layer);
  const sides: [number, number] = [pad, pad];
  // With the pads in place, a convolution without any is left.
  const convolved = (levels: Tensor4D, filters: Tensor4D): Tensor4D =>
    padValue === 0
      ? convolve(tf, levels, filters, stride, pad)
      : convolve(tf, tf.pad4d(levels, [[0, 0], sides, sides, [0, 0]], padValue), filters, stride, 0);
  return (x, training) => {
    const latent = weight as unknown as Tensor4D;
    const levels = quantizeActivations(x, training, phase);
    const y = scaledConvolution();
    return bias ? shiftChannels(tf, y, bias) : y;

    function scaledConvolution(): Tensor4D {
      const scale = alpha();
      const factors = quantizeWeights.factors?.(latent, phase);
      if (factors) {
        const all = tf.mul(scale ?? tf.ones([outChannels, 1, 1]), factors.scale);
        return scaleChannels(tf, convolved(levels, factors.signs), all);
      }
      const filters = quantizeWeights(latent, phase, training);
      if (scale === undefined) return convolved(levels, filters);
      // In evaluation alpha scales exact integers, as in a packed model. In training it scales the filters instead, which is the same except
      // for rounding and saves four passes over the map, forward and backward together.
      if (!training) return scaleChannels(tf, convolved(levels, filters), scale);
      const scaled = tf.mul(filters, tf.reshape(scale, [outChannels, 1, 1, 1])) as Tensor4D;
      return convolved(levels, scaled);
    }
  };
}

/**
 * Declares `alpha`.
 *
 * @returns a function for the present scale of the output, (O, 1, 1); `wave` has none in stage 1.
 */
function scaleOf(
  store: LayerStore,
  { name, shape, weight, initial }: BinaryLayerState,
  { scale, wave }: Quantizers,
): () => Tensor | undefined {
  if (scale === 'none') return () => undefined;
  if (scale === 'wave') {
    const alpha = store.derived(`${name}.alpha`, weight, () => wave!(weight as unknown as Tensor4D));
    return () => (store.phase.stage === '1' ? undefined : alpha.get());
  }
  const initialise: Initialiser = scale === 'uniform' ? uniform(0, 1) : () => meanMagnitudes(initial, shape[0]);
  const alpha = store.parameter(`${name}.alpha`, [shape[0], 1, 1], initialise);
  return () => alpha;
}

/** Mean |w| of each filter. */
function meanMagnitudes(weights: Float32Array, filters: number): Float32Array {
  const taps = weights.length / filters;
  return Float32Array.from({ length: filters }, (_, o) => {
    const filter = weights.subarray(o * taps, (o + 1) * taps);
    return filter.reduce((sum, w) => sum + Math.abs(w), 0) / taps;
  });
}

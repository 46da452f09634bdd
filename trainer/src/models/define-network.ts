import type { Quantizers } from '../layers/binary-convolution.js';
import { LayerStore } from '../layers/layer-store.js';
import { waveScale } from '../layers/output-scale.js';
import { waveRegulariser } from '../layers/wave-regulariser.js';
import { ACTIVATION_BITS, ACTIVATION_QUANTIZERS, WEIGHT_QUANTIZERS } from '../quantizers/index.js';
import type { BinaryLayer, Network, Parameter, Scalar, Stage, StateBuffer, Tensor2D, Tensor4D } from '../types.js';
import type { NetworkOptions } from './network-options.js';

/** Computes logits (N, classes) from images (N, H, W, C). */
export type Forward = (images: Tensor4D, training: boolean) => Tensor2D;

/** Declares a network's layers in `store`, in the order of PyTorch's state dict. */
export type Definition = (store: LayerStore, quantizers: Quantizers, options: NetworkOptions) => Forward;

/** A network from its definition. */
export function defineNetwork(architecture: string, options: NetworkOptions, define: Definition): Network {
  const { backend, random, omega0, weights = 'biper', activations = 'per-sample' } = options;
  const { activationBits = ACTIVATION_BITS, outputScale = 'learned' } = options;
  const store = new LayerStore(backend, random);
  const makeWeights = typeof weights === 'string' ? WEIGHT_QUANTIZERS[weights] : weights;
  const makeActivations = typeof activations === 'string' ? ACTIVATION_QUANTIZERS[activations] : activations;
  const quantizers: Quantizers = {
    weights: makeWeights(backend.tf, { omega0 }),
    activations: makeActivations(backend.tf, { bits: activationBits }),
    ...(outputScale === 'wave' && { outputScale: (w: Tensor4D) => waveScale(backend.tf, w, omega0) }),
  };
  const forward = define(store, quantizers, options);
  return new DefinedNetwork(architecture, options.classes, store, forward, weights === 'biper' ? omega0 : undefined);
}

class DefinedNetwork implements Network {
  readonly architecture: string;
  readonly classes: number;
  readonly forward: Forward;
  readonly #store: LayerStore;
  /** Undefined for methods without a wave. */
  readonly #omega0: number | undefined;

  constructor(architecture: string, classes: number, store: LayerStore, forward: Forward, omega0: number | undefined) {
    this.architecture = architecture;
    this.classes = classes;
    this.forward = forward;
    this.#store = store;
    this.#omega0 = omega0;
  }

  get parameters(): readonly Parameter[] {
    return this.#store.parameters;
  }

  get buffers(): readonly StateBuffer[] {
    return this.#store.buffers;
  }

  get binaryLayers(): readonly BinaryLayer[] {
    return this.#store.binaryLayers;
  }

  get stage(): Stage {
    return this.#store.phase.stage;
  }

  set stage(stage: Stage) {
    this.#store.phase.stage = stage;
  }

  get progress(): number {
    return this.#store.phase.progress;
  }

  set progress(progress: number) {
    this.#store.phase.progress = progress;
  }

  regulariser(): Scalar {
    const { tf } = this.#store;
    const omega0 = this.#omega0;
    if (omega0 === undefined || this.binaryLayers.length === 0) return tf.scalar(0);
    // Not addN, because each of its inputs would take one of the eight buffers that a kernel may bind on webgpu.
    return this.binaryLayers
      .map(({ weight }) => waveRegulariser(tf, weight, omega0))
      .reduce((sum, ofLayer) => tf.add(sum, ofLayer));
  }

  dispose(): void {
    this.#store.dispose();
  }
}

import type { Quantizers } from '../layers/binary-convolution.js';
import { LayerStore } from '../layers/layer-store.js';
import { waveScale } from '../layers/output-scale.js';
import {
  activationQuantizerNamed,
  borrowedOptionsOf,
  type LossInputs,
  METHODS,
  type Method,
  optionsOf,
  weightQuantizerNamed,
} from '../methods/index.js';
import type { Place } from '../methods/method.js';
import type { MakeActivationQuantizer, MakeWeightQuantizer } from '../quantizers/types.js';
import type {
  BinaryLayer,
  Network,
  Parameter,
  RegulariserInputs,
  Scalar,
  Stage,
  StateBuffer,
  Tensor,
  Tensor2D,
  Tensor4D,
} from '../types.js';
import { styleOf } from './method-style.js';
import type { NetworkOptions } from './network-options.js';
import type { NetworkStyle } from './network-style.js';

/** Computes logits (N, classes) from images (N, H, W, C). */
export type Forward = (images: Tensor4D, training: boolean) => Tensor2D;

/** What all layers of a network have in common. */
export interface Common {
  readonly quantizers: Quantizers;
  readonly style: NetworkStyle;
}

/** Declares a network's layers in `store`, in the order of PyTorch's state dict. */
export type Definition = (store: LayerStore, common: Common, options: NetworkOptions) => Forward;

/** A network from its definition. */
export function defineNetwork(
  architecture: string,
  place: Place,
  options: NetworkOptions,
  define: Definition,
): Network {
  const { backend, random, omega0, method: name = 'biper', outputScale = 'learned' } = options;
  const method: Method = METHODS[name];
  const { weights = name, activations = name === 'biper' ? 'per-sample' : name } = options;
  const { tf } = backend;
  const style = styleOf(place, name, options.style ?? {});
  const { minNormScale } = method;
  const { normEpsilon: epsilon, normMomentum: momentum } = style;
  const store = new LayerStore(backend, random, { epsilon, momentum, ...(minNormScale && { minNormScale }) });
  const ofMethod = optionsOf(name, options.methodOptions, place);
  const optionsFor = (quantizer: unknown) => ({
    omega0,
    options: typeof quantizer === 'string' && quantizer !== name ? borrowedOptionsOf(quantizer, place) : ofMethod,
  });
  const makeWeights: MakeWeightQuantizer = typeof weights === 'string' ? weightQuantizerNamed(weights) : weights;
  const makeActivations: MakeActivationQuantizer =
    place.precision === '1w32a'
      ? activationQuantizerNamed('identity')
      : typeof activations === 'string'
        ? activationQuantizerNamed(activations)
        : activations;
  const quantizers: Quantizers = {
    weights: { make: makeWeights, options: optionsFor(weights) },
    activations: { make: makeActivations, options: optionsFor(activations) },
    scale: outputScale === 'wave' ? 'wave' : method.scale,
    wave: (w: Tensor4D) => waveScale(tf, w, omega0),
    initialise: method.initialise,
    hasBias: style.hasBias,
    weightClip: options.weightClip,
    hasRelics: method.hasRelics ?? false,
  };
  const forward = define(store, { quantizers, style }, options);
  const loss = method.loss?.(tf, ofMethod, (part, shape, initialise) => store.parameter(part, shape, initialise), {
    stages: store.stages,
    binaryLayers: store.binaryLayers.map((layer) => layer.name),
  });
  return new DefinedNetwork({ architecture, classes: options.classes, store, forward, loss, teacher: method.teacher });
}

interface Parts {
  readonly architecture: string;
  readonly classes: number;
  readonly store: LayerStore;
  readonly forward: Forward;
  readonly loss: ((inputs: LossInputs) => Scalar) | undefined;
  readonly teacher: Network['teacherMode'];
}

class DefinedNetwork implements Network {
  readonly #parts: Parts;
  readonly #store: LayerStore;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#store = parts.store;
  }

  get architecture(): string {
    return this.#parts.architecture;
  }

  get classes(): number {
    return this.#parts.classes;
  }

  get teacherMode(): Network['teacherMode'] {
    return this.#parts.teacher;
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

  get features(): ReadonlyMap<string, Tensor> {
    return this.#store.features;
  }

  get stage(): Stage {
    return this.#store.phase.stage;
  }

  set stage(stage: Stage) {
    this.#store.phase.stage = stage;
  }

  get statisticsPass(): number | undefined {
    return this.#store.statisticsPass;
  }

  set statisticsPass(pass: number | undefined) {
    this.#store.statisticsPass = pass;
  }

  get progress(): number {
    return this.#store.phase.progress;
  }

  set progress(progress: number) {
    this.#store.phase.progress = progress;
  }

  forward(images: Tensor4D, training: boolean): Tensor2D {
    this.#store.features.clear();
    return this.#parts.forward(images, training);
  }

  regulariser(inputs?: RegulariserInputs): Scalar {
    const { tf, phase, features } = this.#store;
    const { loss } = this.#parts;
    const terms = this.#store.losses.map((term) => term(phase));
    if (loss) terms.push(loss({ ...inputs!, features, phase }));
    if (terms.length === 0) return tf.scalar(0);
    // Not addN, because each of its inputs would take one of the eight buffers that a kernel may bind on webgpu.
    return terms.reduce((sum, term) => tf.add(sum, term));
  }

  async beforeEpoch(): Promise<void> {
    for (const task of this.#store.beforeEpoch) await task(this.#store.phase);
  }

  afterStep(): void {
    this.#store.tf.tidy(() => {
      for (const task of this.#store.afterStep) task();
    });
  }

  dispose(): void {
    this.#store.dispose();
  }
}

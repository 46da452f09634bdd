import type { BinaryLayerState, FilterShape, Phase } from '../quantizers/types.js';
import type {
  BinaryLayer,
  Parameter,
  RandomState,
  Scalar,
  StateBuffer,
  Tensor,
  Tf,
  TrainingBackend,
  Variable,
} from '../types.js';
import type { Initialiser } from './initialisers.js';
import { offTape } from './off-tape.js';

/** What all batch norms of a network have in common. */
export interface NormSettings {
  /** PyTorch's default is 1e-5. */
  readonly epsilon: number;
  /** Share of a new batch in the running statistics; PyTorch's default is 0.1. */
  readonly momentum: number;
  /** The least scale (gamma); after each step, smaller ones are raised to it. */
  readonly minNormScale?: number;
}

/** What layers need from a back end. */
export type LayerBackend = Pick<TrainingBackend, 'tf' | 'fusedBatchNorm'>;

/**
 * Holds the parameters and buffers of a network's layers in the order in which they are declared. That is the order of PyTorch's state
 * dict, if layers are made in the order of the module's constructor.
 */
export class LayerStore {
  readonly parameters: Parameter[] = [];
  readonly buffers: StateBuffer[] = [];
  readonly binaryLayers: BinaryLayer[] = [];
  /** Number of this pass, from 1, while statistics are recomputed: {@link Network.statisticsPass}. */
  statisticsPass: number | undefined;
  /** Number of stages; 0 in networks that aren't made of stages. */
  stages = 0;
  /** What methods do, and add to the loss; in the order in which their layers are declared. */
  readonly losses: ((phase: Phase) => Scalar)[] = [];
  readonly beforeEpoch: ((phase: Phase) => Promise<void>)[] = [];
  readonly afterStep: (() => void)[] = [];
  /** Maps of the last forward pass. They belong to the `tf.tidy` around it. */
  readonly features = new Map<string, Tensor>();
  /** Binary layers read it in every forward pass. */
  readonly phase: { -readonly [K in keyof Phase]: Phase[K] } = { stage: '1', progress: 0 };
  readonly tf: Tf;
  readonly fusedBatchNorm: TrainingBackend['fusedBatchNorm'];
  readonly #random: RandomState;
  readonly #constants: Tensor[] = [];

  constructor(
    backend: LayerBackend,
    random: RandomState,
    readonly norms: NormSettings = { epsilon: 1e-5, momentum: 0.1 },
  ) {
    this.tf = backend.tf;
    this.fusedBatchNorm = backend.fusedBatchNorm;
    this.#random = random;
  }

  /** @param shape PyTorch's. */
  parameter(
    name: string,
    shape: readonly number[],
    initialise: Initialiser,
    kind: Pick<Parameter, 'isLatent' | 'rate'> = {},
  ): Variable {
    const { tf } = this;
    const variable = tf.tidy(() => tf.variable(tf.tensor(initialise(shape, this.#random), [...shape], 'float32')));
    this.parameters.push({ name, variable, ...kind });
    return variable;
  }

  /** @param value in PyTorch's shape; from now on it belongs to the buffer. */
  buffer(name: string, value: Tensor): StateBuffer {
    const buffer = new KeptTensor(this.tf, name, value);
    this.buffers.push(buffer);
    return buffer;
  }

  /** A tensor that never changes and isn't in the state dict. */
  constant(value: Tensor): Tensor {
    this.#constants.push(this.tf.keep(value));
    return value;
  }

  /**
   * A buffer whose value follows from a parameter's. It exists to be part of the state dict; values that are put into it are ignored.
   *
   * @param derive computes the value, without a gradient.
   */
  derived(name: string, source: Variable, derive: () => Tensor): StateBuffer {
    const buffer = new DerivedTensor(this.tf, name, source, derive);
    this.buffers.push(buffer);
    return buffer;
  }

  /** A binary layer, for its quantizers to declare what they need. */
  binaryLayer(name: string, shape: FilterShape, weight: Variable, initial: Float32Array): BinaryLayerState {
    return {
      name,
      shape,
      weight,
      random: this.#random,
      initial,
      parameter: (part, ofPart, initialise, options) => this.parameter(`${name}.${part}`, ofPart, initialise, options),
      buffer: (part, value) => this.buffer(`${name}.${part}`, value),
      loss: (term) => void this.losses.push(term),
      beforeEpoch: (task) => void this.beforeEpoch.push(task),
      afterStep: (task) => void this.afterStep.push(task),
    };
  }

  dispose(): void {
    // Disposing may compute a derived buffer once more from its parameter, so parameters go last.
    for (const buffer of this.buffers) buffer.get().dispose();
    for (const { variable } of this.parameters) variable.dispose();
    for (const tensor of this.#constants) tensor.dispose();
  }
}

/** A tensor that outlives every `tf.tidy`. */
export class KeptTensor implements StateBuffer {
  readonly name: string;
  readonly #tf: Tf;
  #value: Tensor;

  constructor(tf: Tf, name: string, value: Tensor) {
    this.name = name;
    this.#tf = tf;
    this.#value = tf.keep(value);
  }

  get(): Tensor {
    return this.#value;
  }

  set(value: Tensor): void {
    const old = this.#value;
    this.#value = this.#tf.keep(value);
    old.dispose();
  }
}

/** A tensor computed from its source when it is first asked for after the source has changed, and kept until then. */
class DerivedTensor implements StateBuffer {
  readonly name: string;
  readonly #tf: Tf;
  readonly #source: Variable;
  readonly #derive: () => Tensor;
  #value: Tensor | undefined;
  /** Identifies the source's data that the value was computed from: assigning to a variable gives it other data. */
  #dataId: object | undefined;

  constructor(tf: Tf, name: string, source: Variable, derive: () => Tensor) {
    this.name = name;
    this.#tf = tf;
    this.#source = source;
    this.#derive = derive;
  }

  get(): Tensor {
    if (this.#value && this.#dataId === this.#source.dataId) return this.#value;
    this.#value?.dispose();
    this.#dataId = this.#source.dataId;
    this.#value = this.#tf.keep(offTape(this.#tf, this.#derive));
    return this.#value;
  }

  set(value: Tensor): void {
    value.dispose();
  }
}

import type { Phase } from '../quantizers/types.js';
import type {
  BinaryLayer,
  Parameter,
  RandomState,
  StateBuffer,
  Tensor,
  Tf,
  TrainingBackend,
  Variable,
} from '../types.js';
import type { Initialiser } from './initialisers.js';
import { offTape } from './off-tape.js';

/** What layers need of a back end. */
export type LayerBackend = Pick<TrainingBackend, 'tf' | 'fusedBatchNorm'>;

/**
 * Where the layers of one network keep what they keep: parameters and buffers in the order in which they are declared, which is that of
 * PyTorch's state dict when layers are made in the order of the module's constructor.
 */
export class LayerStore {
  readonly parameters: Parameter[] = [];
  readonly buffers: StateBuffer[] = [];
  readonly binaryLayers: BinaryLayer[] = [];
  /** Read by binary layers at every forward. */
  readonly phase: { -readonly [K in keyof Phase]: Phase[K] } = { stage: '1', progress: 0 };
  readonly tf: Tf;
  readonly fusedBatchNorm: TrainingBackend['fusedBatchNorm'];
  readonly #random: RandomState;

  constructor(backend: LayerBackend, random: RandomState) {
    this.tf = backend.tf;
    this.fusedBatchNorm = backend.fusedBatchNorm;
    this.#random = random;
  }

  /** @param shape PyTorch's. */
  parameter(name: string, shape: readonly number[], initialise: Initialiser): Variable {
    const { tf } = this;
    const variable = tf.tidy(() => tf.variable(tf.tensor(initialise(shape, this.#random), [...shape], 'float32')));
    this.parameters.push({ name, variable });
    return variable;
  }

  /** @param value in PyTorch's shape; owned by the buffer from now on. */
  buffer(name: string, value: Tensor): StateBuffer {
    const buffer = new KeptTensor(this.tf, name, value);
    this.buffers.push(buffer);
    return buffer;
  }

  /**
   * A buffer whose value follows from a parameter's, so that a state dict has it; what is put into it counts for nothing.
   *
   * @param derive gets no gradient.
   */
  derived(name: string, source: Variable, derive: () => Tensor): StateBuffer {
    const buffer = new DerivedTensor(this.tf, name, source, derive);
    this.buffers.push(buffer);
    return buffer;
  }

  binaryLayer(name: string, weight: Variable): void {
    this.binaryLayers.push({ name, weight });
  }

  dispose(): void {
    // A derived buffer may have to be computed once more, so parameters go last.
    for (const buffer of this.buffers) buffer.get().dispose();
    for (const { variable } of this.parameters) variable.dispose();
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

/** Computed when it's first asked for after its source has changed, and kept until then. */
class DerivedTensor implements StateBuffer {
  readonly name: string;
  readonly #tf: Tf;
  readonly #source: Variable;
  readonly #derive: () => Tensor;
  #value: Tensor | undefined;
  /** The source's data that the value was computed from: an assignment to a variable gives it other data. */
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

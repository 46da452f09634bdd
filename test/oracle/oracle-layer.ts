import { expect } from 'vitest';
import type { Initialiser } from '../../trainer/src/layers/initialisers.js';
import type { BinaryLayerState, FilterShape, Phase } from '../../trainer/src/quantizers/types.js';
import { seededRandom } from '../../trainer/src/random.js';
import type { Scalar, StateBuffer, Tensor, Tf, Variable } from '../../trainer/src/types.js';
import type { OracleArray } from './quantizer-cases.js';

/** For parameters that a case isn't about. */
const ANY_NUMBERS = { next: () => 0.5, state: '' };

/**
 * The binary layer of a case: what a quantizer declares has the values that the case gives, under the last part of its name in lower case.
 * Buffers may be left to what the quantizer does before an epoch, and parameters that a case isn't about to their initial values.
 */
export class OracleLayer implements BinaryLayerState {
  readonly name = 'layer';
  readonly weight: Variable;
  readonly random = seededRandom(1);
  readonly initial: Float32Array;
  readonly parameters = new Map<string, Variable>();
  readonly buffers = new Map<string, StateBuffer>();
  readonly terms: ((phase: Phase) => Scalar)[] = [];
  readonly epochTasks: ((phase: Phase) => Promise<void>)[] = [];
  readonly stepTasks: (() => void)[] = [];
  /** Whether the case leaves a buffer to what the quantizer does before an epoch. */
  hasOwnBuffers = false;
  readonly #tf: Tf;
  readonly #arrays: ReadonlyMap<string, OracleArray>;

  constructor(
    tf: Tf,
    readonly shape: FilterShape,
    arrays: ReadonlyMap<string, OracleArray>,
  ) {
    this.#tf = tf;
    this.#arrays = arrays;
    this.initial = Float32Array.from(
      arrays.get('in.latents')?.values ?? new Float32Array(shape.reduce((product, n) => product * n)),
    );
    this.weight = tf.variable(tf.tensor4d(this.initial, [...shape]));
  }

  parameter(name: string, shape: readonly number[], initialise: Initialiser): Variable {
    if (!this.#arrays.has(`in.${nameInCase(name)}`)) {
      return this.#tf.variable(this.#tf.tensor(initialise(shape, ANY_NUMBERS), [...shape]));
    }
    const parameter = this.#tf.variable(this.#given(name, shape));
    this.parameters.set(nameInCase(name), parameter);
    return parameter;
  }

  buffer(name: string, value: Tensor): StateBuffer {
    const isGiven = this.#arrays.has(`in.${nameInCase(name)}`);
    this.hasOwnBuffers ||= !isGiven;
    let held = isGiven ? this.#given(name, value.shape) : value;
    const buffer: StateBuffer = {
      name,
      get: () => held,
      set: (next) => {
        held = next;
      },
    };
    this.buffers.set(nameInCase(name), buffer);
    return buffer;
  }

  // Functions of their own, because quantizers take them out of the layer.
  readonly loss = (term: (phase: Phase) => Scalar): void => {
    this.terms.push(term);
  };

  readonly beforeEpoch = (task: (phase: Phase) => Promise<void>): void => {
    this.epochTasks.push(task);
  };

  readonly afterStep = (task: () => void): void => {
    this.stepTasks.push(task);
  };

  #given(name: string, shape: readonly number[]): Tensor {
    const array = this.#arrays.get(`in.${nameInCase(name)}`);
    expect(array, `quantizers.py gives no values to what the quantizer declares as ${name}`).toBeDefined();
    const { values } = array!;
    expect(values.length, `elements of ${name}`).toBe(shape.reduce((product, n) => product * n, 1));
    return this.#tf.tensor(values, [...shape]);
  }
}

/** What DSQ declares for weights (W) and activations (A). */
const DSQ_NAMES: Readonly<Record<string, string>> = { alpha: 'alpha', l: 'lower', u: 'upper' };

/** `w1` for `weight_noise.w1`, `lower` for `lW`. */
function nameInCase(name: string): string {
  const [, part = '', suffix] = /^(alpha|l|u)(W|A)$/.exec(name) ?? [];
  return suffix ? DSQ_NAMES[part]! : name.split('.').at(-1)!.toLowerCase();
}

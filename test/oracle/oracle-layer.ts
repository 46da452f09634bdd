import { expect } from 'vitest';
import type { Initialiser } from '../../trainer/src/layers/initialisers.js';
import type { BinaryLayerState, FilterShape, Phase } from '../../trainer/src/quantizers/types.js';
import { seededRandom } from '../../trainer/src/random.js';
import type { Scalar, StateBuffer, Tensor, Tf, Variable } from '../../trainer/src/types.js';
import type { OracleArray } from './quantizer-cases.js';

/**
 * The binary layer of a case: what a quantizer declares has the values that the case gives, under the last part of its name in lower case. A
 * buffer for which it gives none has its initial value.
 */
export class OracleLayer implements BinaryLayerState {
  readonly name = 'layer';
  readonly weight: Variable;
  readonly random = seededRandom(1);
  readonly parameters = new Map<string, Variable>();
  readonly buffers = new Map<string, StateBuffer>();
  readonly terms: ((phase: Phase) => Scalar)[] = [];
  readonly epochTasks: ((phase: Phase) => Promise<void>)[] = [];
  readonly stepTasks: (() => void)[] = [];
  readonly #tf: Tf;
  readonly #arrays: ReadonlyMap<string, OracleArray>;

  constructor(
    tf: Tf,
    readonly shape: FilterShape,
    arrays: ReadonlyMap<string, OracleArray>,
  ) {
    this.#tf = tf;
    this.#arrays = arrays;
    const latents = arrays.get('in.latents')?.values ?? new Float32Array(shape.reduce((product, n) => product * n));
    this.weight = tf.variable(tf.tensor4d(latents, [...shape]));
  }

  parameter(name: string, shape: readonly number[], _initialise: Initialiser): Variable {
    const parameter = this.#tf.variable(this.#given(name, shape));
    this.parameters.set(nameInCase(name), parameter);
    return parameter;
  }

  buffer(name: string, value: Tensor): StateBuffer {
    let held = this.#arrays.has(`in.${nameInCase(name)}`) ? this.#given(name, value.shape) : value;
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

  loss(term: (phase: Phase) => Scalar): void {
    this.terms.push(term);
  }

  beforeEpoch(task: (phase: Phase) => Promise<void>): void {
    this.epochTasks.push(task);
  }

  afterStep(task: () => void): void {
    this.stepTasks.push(task);
  }

  #given(name: string, shape: readonly number[]): Tensor {
    const array = this.#arrays.get(`in.${nameInCase(name)}`);
    expect(array, `quantizers.py gives no values to what the quantizer declares as ${name}`).toBeDefined();
    const { values } = array!;
    expect(values.length, `elements of ${name}`).toBe(shape.reduce((product, n) => product * n, 1));
    return this.#tf.tensor(values, [...shape]);
  }
}

/** `w1` for `weight_noise.w1`. */
const nameInCase = (name: string): string => name.split('.').at(-1)!.toLowerCase();

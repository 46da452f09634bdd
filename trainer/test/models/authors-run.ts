import type { LayerBackend } from '../../src/layers/layer-store.js';
import { createNetwork } from '../../src/models/index.js';
import { Sgd } from '../../src/optimizer/sgd.js';
import { seededRandom } from '../../src/random.js';
import { type StepResult, trainStep } from '../../src/step.js';
import type { Network, Stage, StateBuffer, Tensor, Tensor1D, Tensor4D, Tf, Variable } from '../../src/types.js';
import { type NpzArray, preprocess } from './authors-steps.js';
import type { DoubtfulValues, Sides } from './doubtful-values.js';

/** Of the authors' run, by stage. */
const HYPER_PARAMETERS = {
  1: { learningRate: 0.021, weightDecay: 0.0016, tau: 0.037 },
  2: { learningRate: 0.0037, weightDecay: 0.00016, tau: 0.0468 },
} as const;

/** The authors' three steps, from their initial tensors on their batch. */
export class AuthorsRun {
  readonly network: Network;
  readonly optimizer: Sgd;
  readonly images: Tensor4D;
  readonly labels: Tensor1D;
  readonly tau: number;
  readonly #tf: Tf;
  readonly #doubtful: DoubtfulValues;
  readonly #learningRate: number;
  readonly #weightDecay: number;
  readonly #arrays: ReadonlyMap<string, NpzArray>;
  readonly #stage: Stage;
  #gradients: Tensor[] = [];

  constructor(backend: LayerBackend, arrays: ReadonlyMap<string, NpzArray>, stage: Stage, doubtful: DoubtfulValues) {
    const { learningRate, weightDecay, tau } = HYPER_PARAMETERS[stage];
    const tf = backend.tf;
    this.#tf = tf;
    this.#doubtful = doubtful;
    this.#learningRate = learningRate;
    this.#weightDecay = weightDecay;
    this.#arrays = arrays;
    this.#stage = stage;
    this.tau = tau;
    this.network = createNetwork('resnet20_1w1a', {
      backend: { ...backend, tf: doubtful.tf },
      random: seededRandom(1),
      classes: 10,
      omega0: 20,
      activations: doubtful.quantizer,
    });
    this.network.stage = stage;
    for (const { name, variable } of this.network.parameters) {
      tf.tidy(() => variable.assign(tf.tensor(arrays.get(`init/${name}`)!.data, variable.shape) as Variable));
    }
    for (const buffer of this.network.buffers) {
      const { shape, dtype } = buffer.get();
      buffer.set(tf.tensor(arrays.get(`init/${buffer.name}`)!.data, shape, dtype));
    }
    const images = arrays.get('images_u8_nchw')!;
    const [count, channels, height, width] = images.shape as [number, number, number, number];
    this.images = tf.tensor4d(preprocess(images), [count, height, width, channels]);
    this.labels = tf.tensor1d(arrays.get('labels')!.data, 'int32');
    this.optimizer = new Sgd(tf, this.network.parameters, { momentum: 0.9, weightDecay, decayed: 'all' });
  }

  /**
   * Set parameters and velocities to what the authors' own gradients of step 1 make of the initial tensors, in float32 as PyTorch's SGD does
   * it. Running statistics stay as they are.
   */
  takeAuthorsFirstStep(): void {
    const tf = this.#tf;
    const decay = Math.fround(this.#weightDecay);
    for (const [i, { name, variable }] of this.network.parameters.entries()) {
      const initial = this.#arrays.get(`init/${name}`)!.data as Float32Array;
      const gradient = this.#arrays.get(`stage${this.#stage}/step1/grad/${name}`)!.data as Float32Array;
      const velocity = gradient.map((g, j) => g + Math.fround(decay * initial[j]!));
      const next = initial.map((w, j) => w - Math.fround(this.#learningRate * velocity[j]!));
      tf.tidy(() => variable.assign(tf.tensor(next, variable.shape) as Variable));
      this.optimizer.state[i]!.set(tf.tensor(velocity, variable.shape));
    }
  }

  get parameters(): readonly StateBuffer[] {
    return this.network.parameters.map(({ name, variable }) => ({
      name,
      get: () => variable,
      set: (value) => {
        variable.assign(value as Variable);
        value.dispose();
      },
    }));
  }

  /** Everything that a step changes; velocities have their prefix. */
  get kept(): readonly StateBuffer[] {
    const velocities = this.optimizer.state.map((it) => ({
      name: `velocity.${it.name}`,
      get: () => it.get(),
      set: (value: Tensor) => it.set(value),
    }));
    return [...this.parameters, ...velocities, ...this.network.buffers.filter(({ name }) => name.includes('running'))];
  }

  /** One step, in which doubtful values take the sides given; its gradients can be asked for until the next. */
  step(sides: Sides): Promise<StepResult> {
    return this.#step(sides, true);
  }

  /** As {@link step}, but parameters and velocities stay as they are; running statistics don't. */
  async tryStep(sides: Sides): Promise<Float32Array[]> {
    await this.#step(sides, false);
    return this.gradients();
  }

  /** Of the last step, in the order of the network's parameters. */
  gradients(): Promise<Float32Array[]> {
    return Promise.all(this.#gradients.map((tensor) => tensor.data() as Promise<Float32Array>));
  }

  #step(sides: Sides, isTaken: boolean): Promise<StepResult> {
    const { network, images, labels } = this;
    const step = (gradients: Readonly<Record<string, Tensor>>, learningRate: number): void => {
      this.#tf.dispose(this.#gradients);
      this.#gradients = network.parameters.map(({ variable }) => this.#tf.keep(gradients[variable.name]!));
      if (isTaken) this.optimizer.step(gradients, learningRate);
    };
    this.#doubtful.begin(sides);
    const [learningRate, tau] = [this.#learningRate, this.tau];
    return trainStep({ tf: this.#tf, network, optimizer: { step }, images, labels, learningRate, tau });
  }

  dispose(): void {
    this.network.dispose();
    this.optimizer.dispose();
    this.#tf.dispose([this.images, this.labels, ...this.#gradients]);
  }
}

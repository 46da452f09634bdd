import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { Sgd } from '../../src/optimizer/sgd.js';
import { type StepResult, trainStep } from '../../src/step.js';
import type { Network, Parameter, Tensor, Tf, TrainingBackend, Variable } from '../../src/types.js';
import { describeWithBackend } from '../backends/describe-with-backend.js';
import { type NpzArray, readNpz, relativeError } from '../models/authors-steps.js';
import { AUTHORS_NETWORKS, createAuthorsNetwork, createTeacher, withExactRelu } from './authors-networks.js';

/** Made by the program in it. */
const FOLDER = new URL('../../../test/oracle/authors/', import.meta.url).pathname;
const RECORDED = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.npz'))
  .map((file) => file.replace('.npz', ''));

const STEPS = 3;
/** As record.py has them. */
const LEARNING_RATE = 0.1;
const SGD = { momentum: 0.9, weightDecay: 1e-4, decayed: 'all' } as const;

/** Relative. */
const LOSS = 1e-5;
/** Relative, in the Euclidean norm. */
const GRADIENT = 1e-3;
/** What is left of gradients that are 0 but for rounding, such as those of a bias before a batch norm. */
const NOISE = 1e-6;
/** The same for alpha, whose gradient is a sum that a batch norm behind it makes cancel, against that of its scale: see models/authors-steps.test.ts. */
const ALPHA_NOISE = 5e-4;
/** Relative error of a tensor after all steps. */
const AFTER = 1e-4;

type Arrays = ReadonlyMap<string, NpzArray>;

test('every recording has its network, and every network its recording', () => {
  expect(Object.keys(AUTHORS_NETWORKS).sort()).toEqual([...RECORDED].sort());
});

describe('the back end wasm', async () => {
  describeSteps(await chooseBackend({ force: 'wasm' }));
});

await describeWithBackend('tensorflow', describeSteps);

function describeSteps({ tf, name: backend }: TrainingBackend): void {
  for (const name of RECORDED) {
    test(`makes the authors' steps of ${name}`, async () => {
      await tf.setBackend(backend);
      const arrays = await readNpz(`${FOLDER}${name}.npz`);
      const run = new Run(tf, name, arrays);
      await run.start();
      for (let step = 1; step <= STEPS; step++) {
        const { loss } = await run.step();
        const authors = arrays.get(`step${step}/loss`)!.data[0]!;
        expect(Math.abs(loss / authors - 1), `loss of step ${step}`).toBeLessThan(LOSS);
        await checkGradients(run, arrays, `step${step}/gradient/`);
      }
      await checkEnd(run, arrays, AUTHORS_NETWORKS[name]!.endsElsewhere);
      run.dispose();
    });
  }
}

async function checkGradients(
  { network, gradients, recordedName, isTrained }: Run,
  arrays: Arrays,
  prefix: string,
): Promise<void> {
  const authors = (name: string): Float32Array => {
    const array = arrays.get(prefix + recordedName(name));
    if (!array) throw new Error(`the recording has no ${prefix}${recordedName(name)}`);
    return array.data as Float32Array;
  };
  const recorded = [...arrays.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const trained = network.parameters.filter((parameter) => isTrained(parameter));
  expect(trained.map(({ name }) => recordedName(name)).sort()).toEqual(recorded.sort());
  for (const [i, { name }] of network.parameters.entries()) {
    if (!isTrained({ name })) continue;
    const difference = size((await gradients[i]!.data()).map((value, j) => value - authors(name)[j]!) as Float32Array);
    const noise = name.endsWith('.alpha') ? ALPHA_NOISE * size(authors(batchNormAfter(name))) : NOISE;
    expect(difference, `${prefix}${name}`).toBeLessThan(GRADIENT * size(authors(name)) + noise);
  }
}

async function checkEnd({ network, recordedName }: Run, arrays: Arrays, isElsewhere = /^$/): Promise<void> {
  const kept = [
    ...network.parameters.map(({ name, variable }) => ({ name, tensor: variable as Tensor })),
    ...network.buffers.map((it) => ({ name: it.name, tensor: it.get() })),
  ];
  for (const { name, tensor } of kept) {
    const recorded = recordedName(name);
    if (isElsewhere.test(recorded) || recorded.endsWith('num_batches_tracked')) continue;
    const authors = arrays.get(`after/${recorded}`)!.data;
    expect(relativeError(await tensor.data(), authors), `${name} after ${STEPS} steps`).toBeLessThan(AFTER);
  }
}

/** The authors' steps, from their tensors on their batch. */
class Run {
  readonly network: Network;
  gradients: Tensor[] = [];
  readonly recordedName: (name: string) => string;
  readonly isTrained: (parameter: Pick<Parameter, 'name'>) => boolean;
  readonly #tf: Tf;
  readonly #tau: number;
  readonly #arrays: Arrays;
  readonly #optimizer: Sgd;
  readonly #teacher: Network | undefined;

  constructor(tf: Tf, name: string, arrays: Arrays) {
    const { hasZeroSums = false, recordedName = (it) => it, tau = 0, teacher, fixed } = AUTHORS_NETWORKS[name]!;
    this.#tf = tf;
    this.#tau = tau;
    this.#arrays = arrays;
    this.recordedName = recordedName;
    this.isTrained = (parameter) => !fixed?.test(parameter.name);
    // Without the back end's own batch norm: TensorFlow's is off by ten times what the composed one is.
    const backend = { tf: hasZeroSums ? withExactRelu(tf) : tf };
    this.network = createAuthorsNetwork(name, backend);
    this.#teacher = teacher && createTeacher(teacher, backend);
    this.#optimizer = new Sgd(tf, this.network.parameters.filter(this.isTrained), SGD);
  }

  async start(): Promise<void> {
    this.#take(this.network, 'initial', this.recordedName);
    if (this.#teacher) this.#take(this.#teacher, 'teacher', (name) => name);
    await this.network.beforeEpoch();
    this.network.afterStep();
  }

  async step(): Promise<StepResult> {
    const tf = this.#tf;
    const { network } = this;
    const images = this.#arrays.get('images')!;
    const batch = tf.tidy(() =>
      tf.transpose(tf.tensor4d(images.data, images.shape as [number, number, number, number]), [0, 2, 3, 1]),
    );
    const labels = tf.tensor1d(this.#arrays.get('labels')!.data, 'int32');
    const step = (gradients: Readonly<Record<string, Tensor>>, learningRate: number): void => {
      tf.dispose(this.gradients);
      this.gradients = network.parameters.map(({ variable }) =>
        tf.keep(gradients[variable.name] ?? tf.zerosLike(variable)),
      );
      this.#optimizer.step(gradients, learningRate);
    };
    const distillation = this.#teacher && { teacher: this.#teacher, temperature: 1, weight: 0 };
    const result = await trainStep({
      tf,
      network,
      optimizer: { step },
      images: batch,
      labels,
      learningRate: LEARNING_RATE,
      tau: this.#tau,
      ...(distillation && { distillation }),
    });
    tf.dispose([batch, labels]);
    return result;
  }

  dispose(): void {
    this.network.dispose();
    this.#teacher?.dispose();
    this.#optimizer.dispose();
    this.#tf.dispose(this.gradients);
  }

  #take(network: Network, prefix: string, recordedName: (name: string) => string): void {
    const tf = this.#tf;
    for (const { name, variable } of network.parameters) {
      const array = this.#arrays.get(`${prefix}/${recordedName(name)}`);
      // The teacher's classifier takes no part.
      if (!array && prefix === 'teacher') continue;
      if (!array) throw new Error(`the recording has no ${prefix}/${recordedName(name)}`);
      tf.tidy(() => variable.assign(tf.tensor(array.data, variable.shape) as Variable));
    }
    for (const buffer of network.buffers) {
      const array = this.#arrays.get(`${prefix}/${recordedName(buffer.name)}`);
      if (array) buffer.set(tf.tensor(array.data, buffer.get().shape));
    }
  }
}

/** `layer1.0.conv2.alpha` -> `layer1.0.bn2.weight`. */
function batchNormAfter(alpha: string): string {
  return alpha.replace('conv', 'bn').replace('alpha', 'weight');
}

function size(values: Float32Array): number {
  return Math.hypot(...values);
}

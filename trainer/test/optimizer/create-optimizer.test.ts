import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { createOptimizer, type Optimizer } from '../../src/optimizer/index.js';
import type { Parameter, Tf } from '../../src/types.js';

const START = [0.5, -1.25, 2];
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.05, 0],
  [1.5, -0.7, 0.02],
];
/** START after each step, as PyTorch 2.15 computed it with weight decay 0.1: Adam and AdamW with rate 0.01, SGD with 0.1 and momentum 0.9. */
const PYTORCH = {
  adam: [
    [0.49000001, -1.24000001, 1.99000001],
    [0.49421123, -1.23181391, 1.98102188],
    [0.48878658, -1.22351897, 1.97218943],
  ],
  adamw: [
    [0.48950002, -1.23874998, 1.98800004],
    [0.49460554, -1.23281658, 1.97931147],
    [0.48909679, -1.22443116, 1.97173882],
  ],
  nesterov: [
    [0.47150001, -1.18824995, 1.90499997],
    [0.52639151, -1.14884818, 1.82830501],
    [0.24903592, -0.96475273, 1.73788667],
  ],
};

describe.each(['cpu', 'wasm'] as const)('on %s', (name) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: name }));
  });

  const parameterOf = (values: number[], more: Partial<Parameter> = {}): Parameter => ({
    name: 'fc.weight',
    variable: tf.tidy(() => tf.variable(tf.tensor2d(values, [1, values.length]))),
    ...more,
  });
  const make = (parameters: Parameter[], kind: keyof typeof PYTORCH): Optimizer =>
    createOptimizer(tf, parameters, {
      optimizer: kind === 'nesterov' ? 'sgd' : kind,
      learningRate: 0.1,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 0.1,
      decay: 'all',
    });
  const step = (optimizer: Optimizer, { variable }: Parameter, gradient: number[], rate: number): void =>
    tf.tidy(() => optimizer.step({ [variable.name]: tf.tensor2d(gradient, [1, gradient.length]) }, rate));

  test.each(['adam', 'adamw', 'nesterov'] as const)('%s makes the steps of PyTorch', async (kind) => {
    const parameter = parameterOf(START);
    const optimizer = make([parameter], kind);
    const { numTensors } = tf.memory();
    for (const [i, gradient] of GRADIENTS.entries()) {
      step(optimizer, parameter, gradient, kind === 'nesterov' ? 0.1 : 0.01);
      const found = await parameter.variable.data();
      PYTORCH[kind][i]!.forEach((value, j) => void expect(found[j]).toBeCloseTo(value, 6));
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    optimizer.dispose();
    parameter.variable.dispose();
  });

  test.each(['adam', 'nesterov'] as const)(
    '%s goes on from its stored state as if it had never stopped',
    async (kind) => {
      const uncut = parameterOf(START);
      const first = make([uncut], kind);
      step(first, uncut, GRADIENTS[0]!, 0.01);
      const resumed = parameterOf(Array.from(await uncut.variable.data()));
      const second = make([resumed], kind);
      first.state.forEach((buffer, i) => {
        expect(second.state[i]!.name).toBe(buffer.name);
        second.state[i]!.set(buffer.get().clone());
      });
      step(first, uncut, GRADIENTS[1]!, 0.01);
      step(second, resumed, GRADIENTS[1]!, 0.01);
      expect(await resumed.variable.data()).toEqual(await uncut.variable.data());
    },
  );

  test('a parameter with a rate of its own moves by that much more or less', async () => {
    const slow = parameterOf([1], { rate: 0.1 });
    const plain = parameterOf([1]);
    const optimizer = make([slow, plain], 'nesterov');
    tf.tidy(() =>
      optimizer.step({ [slow.variable.name]: tf.ones([1, 1]), [plain.variable.name]: tf.ones([1, 1]) }, 0.1),
    );
    const [a, b] = [(await slow.variable.data())[0]!, (await plain.variable.data())[0]!];
    expect((1 - a) / (1 - b)).toBeCloseTo(0.1, 5);
  });

  test('latent weights have an optimizer and a rate of their own, and states that a checkpoint can tell apart', async () => {
    const options = { learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0, decay: 'all' } as const;
    const latent = parameterOf(START, { name: 'conv.weight', isLatent: true });
    const other = parameterOf(START);
    const split = createOptimizer(tf, [latent, other], {
      ...options,
      optimizer: 'adam',
      latent: { optimizer: 'adam', learningRate: 0.01 },
    });
    const names = split.state.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const twins = [parameterOf(START), parameterOf(START)] as const;
    const plain = twins.map((twin) => createOptimizer(tf, [twin], { ...options, optimizer: 'adam' }));
    for (const gradient of GRADIENTS) {
      const given = tf.tensor2d(gradient, [1, gradient.length]);
      tf.tidy(() => split.step({ [latent.variable.name]: given, [other.variable.name]: given }, 0.05));
      // Half of the full rate is half of each.
      step(plain[0]!, twins[0], gradient, 0.005);
      step(plain[1]!, twins[1], gradient, 0.05);
      given.dispose();
    }
    const close = async (a: Parameter, b: Parameter): Promise<void> => {
      const expected = await b.variable.data();
      (await a.variable.data()).forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 6));
    };
    await close(latent, twins[0]);
    await close(other, twins[1]);
  });

  test('a network without latent weights has one optimizer', () => {
    const optimizer = createOptimizer(tf, [parameterOf(START)], {
      optimizer: 'sgd',
      learningRate: 0.1,
      latent: { optimizer: 'adam', learningRate: 0.01 },
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
      decay: 'all',
    });
    expect(optimizer.state.map(({ name }) => name)).toEqual(['fc.weight']);
  });

  test('a parameter that the loss doesn’t depend on only decays', async () => {
    const parameter = parameterOf([2]);
    const optimizer = make([parameter], 'nesterov');
    tf.tidy(() => optimizer.step({}, 0.1));
    expect((await parameter.variable.data())[0]).toBeCloseTo(2 - 0.1 * (0.2 + 0.9 * 0.2), 6);
  });
});

import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { Sgd } from '../../src/optimizer/sgd.js';
import type { Parameter, Tf } from '../../src/types.js';

describe('SGD', () => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: 'cpu' }));
  });

  /** Steps of a parameter at 2 with gradient 0.5, learning rate 0.1. */
  const run = async (name: string, decayed: 'all' | 'conv-and-fc', steps: number): Promise<number> => {
    const parameter: Parameter = { name, variable: tf.variable(tf.tensor1d([2])) };
    const sgd = new Sgd(tf, [parameter], { momentum: 0.9, weightDecay: 0.01, decayed });
    for (let i = 0; i < steps; i++) {
      tf.tidy(() => sgd.step({ [parameter.variable.name]: tf.tensor1d([0.5]) }, 0.1));
    }
    const [value] = await parameter.variable.data();
    sgd.dispose();
    parameter.variable.dispose();
    return value!;
  };

  test('adds decay to the gradient, gathers velocity, then moves, as torch.optim.SGD', async () => {
    let [p, v] = [2, 0];
    for (let i = 0; i < 3; i++) {
      v = 0.9 * v + 0.5 + 0.01 * p;
      p -= 0.1 * v;
    }
    expect(await run('bn1.weight', 'all', 3)).toBeCloseTo(p, 6);
  });

  test.each([
    ['layer1.0.conv1.weight', true],
    ['layer1.0.conv1.alpha', true],
    ['fc.bias', true],
    ['bn1.weight', false],
    ['layer2.0.downsample.0.weight', false],
    ['linear.weight', false],
  ])('in the ImageNet recipe lets %s decay: %s', async (name, isDecayed) => {
    expect(await run(name, 'conv-and-fc', 1)).toBeCloseTo(isDecayed ? 2 - 0.1 * 0.52 : 2 - 0.1 * 0.5, 6);
  });

  test('goes on from stored velocities as if it had never stopped', async () => {
    const step = (sgd: Sgd, parameter: Parameter): void => {
      tf.tidy(() => sgd.step({ [parameter.variable.name]: tf.tensor1d([0.3]) }, 0.1));
    };
    const options = { momentum: 0.9, weightDecay: 0.01, decayed: 'all' } as const;
    const uncut: Parameter = { name: 'w', variable: tf.variable(tf.tensor1d([2])) };
    const first = new Sgd(tf, [uncut], options);
    step(first, uncut);
    const resumed: Parameter = { name: 'w', variable: tf.variable(uncut.variable.clone()) };
    const second = new Sgd(tf, [resumed], options);
    second.state[0]!.set(first.state[0]!.get().clone());
    step(first, uncut);
    step(second, resumed);
    expect(await resumed.variable.data()).toEqual(await uncut.variable.data());
    first.dispose();
    second.dispose();
  });
});

import { describe, expect, test } from 'vitest';
import { expectedTensors } from '../src/models/architecture.js';
import { cooledSign } from '../src/models/methods/bnext.js';
import { NetworkBuilder } from '../src/models/network-builder.js';
import { bnexts } from '../src/models/networks/bnext.js';
import { LoadedState } from '../src/models/state.js';

/** Tensors and numbers of the state dicts that the authors' code makes. */
const AUTHORS: Readonly<Record<string, readonly [tensors: number, numbers: number]>> = {
  bnext_tiny: [661, 30_906_073],
  bnext_small: [661, 68_660_307],
  bnext_middle: [997, 134_613_811],
  bnext_large: [1333, 326_761_293],
};

describe('BNext', () => {
  test.each(bnexts.map((architecture) => [architecture.name, architecture] as const))(
    '%s has as many tensors and numbers as the authors’ code gives it',
    (name, architecture) => {
      const shapes = [...expectedTensors(architecture, 1000).values()].map((tensor) => tensor.shapes[0]!);
      const numbers = shapes.reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);
      expect([shapes.length, numbers]).toEqual(AUTHORS[name]);
    },
  );

  test('for other classes than ImageNet’s is another network, with a stem that keeps the map', () => {
    expect(expectedTensors(bnexts[0]!, 10).get('fc.weight')!.shapes).toEqual([[1000, 1024]]);
  });
});

describe('a layer’s temperature', () => {
  const signsAt = (temperature: number, weights: readonly number[]) => {
    const state = new LoadedState(new Map([['a.temperature', Float32Array.of(temperature)]]), 'a.pth');
    const rule = cooledSign(new NetworkBuilder(state, { omega0: 0, classes: 10 }), 'a');
    return rule({ name: 'a.weight', values: Float32Array.from(weights), shape: [1, weights.length, 1, 1] });
  };

  test('that has fallen below 1e-7 makes weights their signs', () => {
    expect([...signsAt(0.9 ** 512, [0.5, -1e-9, 0]).signs].map(Math.sign)).toEqual([1, -1, 0]);
  });

  test('that hasn’t is as good, if no weight lies between it and 0', () => {
    expect([...signsAt(0.25, [0.25, -0.5]).signs].map(Math.sign)).toEqual([1, -1]);
  });

  test('that is too high for a weight is refused, since the code then computes with real weights', () => {
    expect(() => signsAt(0.25, [0.5, -0.125])).toThrow(
      expect.objectContaining({
        code: 'E_CHECKPOINT_TENSOR',
        message: expect.stringMatching(
          /"a\.weight" holds -0\.125 at element 1, and "a\.temperature" is 0\.25: .* 1e-7/,
        ),
      }),
    );
  });
});

import { GraphBuilder, type ZeroRule } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { borderClasses } from '../src/models/border-classes.js';
import { keepConstantTies } from '../src/passes/keep-constant-ties.js';

describe('a sign whose operand is always at the threshold keeps PyTorch’s rule', () => {
  const input = { height: 4, width: 4, channels: 2 };
  const vector = (...values: number[]): Float32Array => Float32Array.from(values);
  const rules = (build: (g: GraphBuilder) => void): ZeroRule[] => {
    const g = new GraphBuilder();
    build(g);
    return keepConstantTies(g.build()).nodes.flatMap((node) => (node.op === 'sign' ? [node.zeroRule] : []));
  };

  test.each<[string, ZeroRule, (g: GraphBuilder) => void]>([
    ['for gamma and beta of 0', 'zero', (g) => g.sign(g.affine(g.input(input), vector(0, 1), vector(0, 1)))],
    ['not for gamma of 0 alone', 'plus', (g) => g.sign(g.affine(g.input(input), vector(0, 1), vector(1, 1)))],
    ['not for beta of 0 alone', 'plus', (g) => g.sign(g.affine(g.input(input), vector(1, 1), vector(0, 0)))],
    [
      'through pools and clips',
      'zero',
      (g) => g.sign(g.hardtanh(g.maxPool(g.affine(g.input(input), vector(0, 1), vector(0, 0)), 2))),
    ],
    [
      'at another threshold',
      'zero',
      (g) => g.sign(g.affine(g.input(input), vector(0, 1), vector(0.5, 0)), { threshold: vector(0.5, 0) }),
    ],
    [
      'where a ReLU makes a negative constant 0',
      'zero',
      (g) => g.sign(g.relu(g.affine(g.input(input), vector(0, 1), vector(-1, 0)))),
    ],
    [
      'where a shortcut adds padded channels to a constant',
      'zero',
      (g) => {
        const x = g.input(input);
        g.sign(g.add(g.padChannels(x, 1, 1), g.affine(g.concat(x, x), vector(0, 1, 1, 1))));
      },
    ],
    [
      'not where a shortcut adds what varies',
      'plus',
      (g) => {
        const x = g.input(input);
        g.sign(g.add(x, g.affine(x, vector(0, 1))));
      },
    ],
  ])('%s', (_what, rule, build) => {
    expect(rules(build)).toEqual([rule]);
  });
});

describe('border classes', () => {
  test('group the positions at which the same taps lie inside', () => {
    expect(borderClasses({ size: 4, outputSize: 4, kernel: 3, stride: 1, pad: 1 })).toEqual({
      leading: 1,
      inside: [
        [false, true, true],
        [true, true, true],
        [true, true, false],
      ],
    });
  });

  test('have none at the end where the stride passes it by', () => {
    expect(borderClasses({ size: 4, outputSize: 2, kernel: 3, stride: 2, pad: 1 })).toEqual({
      leading: 1,
      inside: [
        [false, true, true],
        [true, true, true],
      ],
    });
  });

  test('are one for each position of a map smaller than the kernel', () => {
    const { leading, inside } = borderClasses({ size: 2, outputSize: 2, kernel: 5, stride: 1, pad: 2 });
    expect(leading).toBe(1);
    expect(inside).toHaveLength(2);
  });
});

import { expect, test } from 'vitest';
import { decays, type WeightDecayRule } from '../../src/optimizer/weight-decay.js';
import type { Parameter, Variable } from '../../src/types.js';

const PARAMETERS: readonly Parameter[] = [
  { name: 'layer1.0.conv1.weight', variable: { shape: [16, 16, 3, 3] } as unknown as Variable, isLatent: true },
  { name: 'layer1.0.conv1.alpha', variable: { shape: [16, 1, 1] } as unknown as Variable },
  { name: 'layer1.0.bn1.weight', variable: { shape: [16] } as unknown as Variable },
  { name: 'conv1.weight', variable: { shape: [16, 3, 3, 3] } as unknown as Variable },
  { name: 'linear.bias', variable: { shape: [10] } as unknown as Variable },
];

test.each([
  ['all', [true, true, true, true, true]],
  ['conv-and-fc', [true, true, false, true, false]],
  ['weights', [true, false, false, true, false]],
  ['not-binary', [false, true, true, true, true]],
] as const)('the rule %s lets these decay', (rule: WeightDecayRule, expected) => {
  expect(PARAMETERS.map((parameter) => decays(rule, parameter))).toEqual(expected);
});

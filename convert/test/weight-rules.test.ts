import type { SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { checkSigns } from '../src/models/network-builder.js';
import {
  rotatedSign,
  rotationSides,
  WEIGHT_RULE_NAMES,
  type WeightRuleName,
  weightRule,
} from '../src/models/weight-rules.js';

const quantize = (rule: string, values: readonly number[], filters = 1) =>
  weightRule(
    rule as WeightRuleName,
    20,
  )({
    name: 'w',
    values: Float32Array.from(values),
    shape: [filters, values.length / filters, 1, 1],
  });
const signs = (rule: string, values: readonly number[], filters = 1): number[] =>
  [...quantize(rule, values, filters).signs].map(Math.sign);

describe('latent weights', () => {
  test.each(['recu', 'irnet', 'xnornet'])('of %s lose the mean of their filter first', (rule) => {
    expect(signs(rule, [1, 2, 3, 10])).toEqual([-1, -1, -1, 1]);
    expect(signs(rule, [1, 2, 30, 31], 2)).toEqual([-1, 1, -1, 1]);
  });

  test.each(['sign', 'reste', 'bireal'])('of %s keep it', (rule) => {
    expect(signs(rule, [1, 2, -3, 10])).toEqual([1, 1, -1, 1]);
  });

  test('equal to the mean only because it was rounded have the sign of their distance to the mean itself', () => {
    // The mean of these lies a little above 1, and rounds to 1 in float32.
    const values = [1, 1, 1, 1 + 2 ** -23];
    expect(signs('recu', values)).toEqual([-1, -1, -1, 1]);
  });

  test.each(WEIGHT_RULE_NAMES)('that are all 0 have no signs by the rule %s, and are refused', (rule) => {
    const { signs: none } = quantize(rule, [0, 0, -0, 0]);
    expect(() => checkSigns(none, 'conv.weight')).toThrow(
      expect.objectContaining<Partial<SignwaveError>>({
        code: 'E_CHECKPOINT_TENSOR',
        message: expect.stringContaining('"conv.weight" holds 4 weights whose sign is 0'),
      }),
    );
  });

  test.each(['recu', 'irnet', 'xnornet'])('that are all equal are refused by the rule %s as well', (rule) => {
    expect(() => checkSigns(quantize(rule, [0.1, 0.1, 0.1]).signs, 'w')).toThrow(/3 weights whose sign is 0/);
  });
});

describe('scales', () => {
  test('of Bi-Real Net are mean magnitudes of filters, of ReSTE that of the layer', () => {
    expect([...quantize('bireal', [1, -3, 0.5, 0.5], 2).scale!]).toEqual([2, 0.5]);
    expect([...quantize('reste', [1, -3, 0.5, 0.5], 2).scale!]).toEqual([1.25, 1.25]);
  });

  test('of XNOR-Net are those of the centred, clamped weights', () => {
    expect([...quantize('xnornet', [4, -4, 0.5, -0.5]).scale!]).toEqual([(1 + 1 + 0.5 + 0.5) / 4]);
  });

  test('of IR-Net are powers of two next to the mean magnitude of standardised weights', () => {
    // One weight far from all others: standardised, most are small.
    const values = [100, ...new Array<number>(99).fill(0).map((_, i) => (i % 2 ? 0.1 : -0.1))];
    expect([...quantize('irnet', values).scale!]).toEqual([0.25]);
    expect([...quantize('irnet', [1, -1, 1, -1]).scale!]).toEqual([1]);
  });
});

describe('RBNN', () => {
  test('lays filters out in the most square matrix', () => {
    expect(rotationSides(144)).toEqual([12, 12]);
    expect(rotationSides(288)).toEqual([16, 18]);
    expect(rotationSides(7)).toEqual([1, 7]);
  });

  test('turns weights by its matrices, as far as the sine of the angle says', () => {
    // A quarter turn of (a, b) is (-b, a): R1 acts from the left, transposed.
    const left = Float32Array.of(0, 1, -1, 0);
    const right = Float32Array.of(1);
    const rule = (angle: number) => rotatedSign({ angle: Float32Array.of(angle), left, right });
    const latent = { name: 'w', values: Float32Array.of(1, -1), shape: [1, 2, 1, 1] } as const;
    expect([...rule(0)(latent).signs].map(Math.sign)).toEqual([1, -1]);
    expect([...rule(Math.PI / 2)(latent).signs].map(Math.sign)).toEqual([1, 1]);
    expect([...rule(-Math.PI / 2)(latent).signs].map(Math.sign)).toEqual([1, 1]);
  });
});

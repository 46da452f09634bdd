import { beforeAll, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { optionsOf } from '../../src/methods/index.js';
import type { Tf } from '../../src/types.js';
import { centralDifferences, gradientOf, valuesAt } from '../quantizers/differentiate.js';
import { loneQuantizers, row } from './lone-quantizers.js';

const INPUT = [-7, -1.2, -0.5, -0.1, 0, 1e-3, 0.3, 0.9, 4];
const PROBE = INPUT.map((_, i) => Math.cos(1.3 * i) + 0.2);

describe.each(['wasm', 'cpu'] as const)('IR-Net on %s', (backend) => {
  let tf: Tf;
  beforeAll(async () => {
    ({ tf } = await chooseBackend({ force: backend }));
  });

  test('takes the signs of its inputs, 0 to 0', async () => {
    const signs = await valuesAt(tf, loneQuantizers(tf, 'ir-net').activations, INPUT, row(INPUT));
    expect(signs).toEqual(INPUT.map(Math.sign));
  });

  test.each([
    { progress: 0, tMin: 1e-3 },
    { progress: 0.5, tMin: 1e-3 },
    { progress: 0.99, tMin: 1e-3 },
    { progress: 0.5, tMin: 0.1 },
  ])('sharpens the gradient of inputs with the run: $progress from $tMin', async ({ progress, tMin }) => {
    const { activations } = loneQuantizers(tf, 'ir-net', { progress, options: { tMin } });
    const t = 10 ** (Math.log10(tMin) + progress * Math.log10(10 / tMin));
    const k = Math.max(1 / t, 1);
    const found = await gradientOf(tf, activations, INPUT, row(INPUT), PROBE);
    const expected = centralDifferences((x) => x.map((a) => k * Math.tanh(t * a)), INPUT, PROBE);
    found.forEach((value, i) => {
      expect(value, `at ${INPUT[i]}`).toBeCloseTo(expected[i]!, 4);
    });
  });

  test('starts with t = 0.1 on VGG-small and with float activations, elsewhere with 0.001', () => {
    const tMin = (family: 'resnet20' | 'vgg-small', precision: '1w1a' | '1w32a') =>
      optionsOf('ir-net', {}, { family, precision }).tMin;
    expect(tMin('resnet20', '1w1a')).toBe(1e-3);
    expect(tMin('resnet20', '1w32a')).toBe(0.1);
    expect(tMin('vgg-small', '1w1a')).toBe(0.1);
    expect(optionsOf('ir-net', { tMin: 0.5 }, { family: 'vgg-small', precision: '1w1a' }).tMin).toBe(0.5);
  });
});

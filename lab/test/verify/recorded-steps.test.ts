import { readdirSync } from 'node:fs';
import { lowerTflite, readTflite } from '@signwave/convert';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { compareSteps, type RecordedStep, type StepsVerdict } from '../../src/index.js';
import { openFileSource, readNpy } from '../../src/node/index.js';
import { readRecordedSteps } from '../../src/node/recorded-steps-file.js';

type Steps = Map<number, RecordedStep>;

/** @param change of what was recorded. */
async function compare(folder: string, change: (steps: Steps) => void = () => {}): Promise<StepsVerdict> {
  const source = await openFileSource(`${folder}/model.tflite`);
  const tflite = await readTflite(source);
  await source.close();
  const inputs = await readNpy(`${folder}/input.npy`, { types: ['<f4'] });
  const steps: Steps = new Map(await readRecordedSteps(`${folder}/steps.npz`, tflite));
  change(steps);
  const input = inputs.data.slice(0, inputs.data.length / inputs.shape[0]!);
  return compareSteps(tflite, lowerTflite(tflite), input, steps, 'steps.npz');
}

const TIES = new URL('../../../test/cases/checkpoints/larq/small/ties', import.meta.url).pathname;
/** Operators of this network: a packed pool and the convolution that reads it. */
const [PACKED, CONV] = [3, 4];

describe('a network compared with what an interpreter recorded at its operators', () => {
  test('passes if all are equal, or as near as sums of floats can be', async () => {
    const { steps, firstSign, checks } = await compare(TIES);
    expect(steps.map(({ difference }) => difference)).toEqual(steps.map(() => 0));
    expect(firstSign).toBeUndefined();
    expect(checks.map(({ isOk }) => isOk)).toEqual([true, true]);
  });

  test('fails for one value that is a rounding off, with its operator, but not those behind it', async () => {
    const { steps, checks } = await compare(TIES, (all) => {
      const floats = all.get(CONV)!.data as Float32Array;
      new Int32Array(floats.buffer)[7]!++;
    });
    const wrong = steps.filter(({ difference, tolerance }) => difference > tolerance);
    expect(wrong.map(({ operator }) => operator.index)).toEqual([CONV]);
    expect(checks[0]).toMatchObject({ isOk: false, detail: expect.stringMatching(/1 differ, first operator 4 \(Lce/) });
  });

  test('names the first operator whose signs differ, and how near their thresholds the values were', async () => {
    const { firstSign, checks } = await compare(TIES, (all) => {
      for (const operator of [PACKED, CONV + 1]) (all.get(operator)!.data as Int32Array)[0]! ^= 1;
    });
    expect(firstSign).toMatchObject({ differing: 1, operator: { index: PACKED } });
    expect(checks[1]!.detail).toMatch(
      /^the first to differ is operator 3 \(LceBMaxPool2d, .*: 1 of 2,048 signs, whose sums/,
    );
  });

  test('refuses an array of another size than its operator’s output', async () => {
    const shape = [1, 2, 2, 32];
    const change = (all: Steps) => all.set(CONV, { type: '<f4', shape, data: new Float32Array(128) });
    await expect(compare(TIES, change)).rejects.toThrow(
      /operator 4 .*shape \(1, 2, 2, 32\), expected 8 x 8 x 32 values/,
    );
  });
});

/** These can't be converted. */
const REFUSED = ['int8_all', 'int8_fake_quant', 'not_binary', 'strong_baseline'];

describeWithShared('each network of Larq Compute Engine', () => {
  const folder = sharedPath('checkpoints/larq/small');
  const recorded = folder
    ? readdirSync(folder).filter(
        (network) => !REFUSED.includes(network) && readdirSync(`${folder}/${network}`).includes('steps.npz'),
      )
    : [];

  test('gives at each operator what its interpreter gives from the same operands', { timeout: 60_000 }, async () => {
    const compared = new Map<string, number>();
    for (const network of recorded) {
      const { steps, checks } = await compare(`${folder}/${network}`);
      expect(
        checks.filter(({ isOk }) => !isOk),
        network,
      ).toEqual([]);
      for (const { kind } of steps.map(({ operator }) => operator)) compared.set(kind, (compared.get(kind) ?? 0) + 1);
    }
    expect(compared.get('LceBconv2d')).toBeGreaterThan(30);
    expect(compared.get('LceQuantize')).toBeGreaterThan(20);
  });
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/signwave.js';
import { packedConfusion, trainAndConvert } from './trained.js';

const DATA = 'examples/fashion-mnist';
const TEST_IMAGES = 100;
const folder = temporaryFolder();

/** What test/e2e/trained-methods.test.ts leaves to its defaults. */
const RUNS = [
  { method: 'dorefa', methodOptions: { threshold: 0.5 } },
  { method: 'dorefa', methodOptions: { bits: 2 } },
  { method: 'dsq', methodOptions: { variant: 'piecewise' } },
  { method: 'dsq', methodOptions: { variant: 'piecewise' }, quantizers: { activations: 'dorefa' } },
] as const;

describe('an epoch of the demo network by a method with options', () => {
  test.each(RUNS.map((run) => [JSON.stringify(run), run] as const))(
    '%s is right on the same images once it is packed',
    async (name, run) => {
      const { evaluation, model } = await trainAndConvert(
        {
          architecture: 'demo_1w1a',
          ...run,
          stages: { '1': { epochs: 1, warmUpEpochs: 0 } },
          batchSize: 16,
          data: { format: 'fashion-mnist', folder: DATA, trainImages: 64, testImages: TEST_IMAGES },
        },
        join(folder, name.replace(/[^a-z0-9]+/g, '-')),
      );
      expect(await packedConfusion(model, `fashion-mnist:${DATA}`, TEST_IMAGES)).toEqual(evaluation.confusion);
    },
  );
});

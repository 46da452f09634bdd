import type { InputNode } from '@signwave/format';
import { prepareImage } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../cli/src/data/datasets.js';
import { Verification } from '../../cli/src/verification.js';
import { ACTIVATION_QUANTIZERS, WEIGHT_QUANTIZERS } from '../../trainer/src/quantizers/index.js';
import { temporaryFolder } from '../cli/signwave.js';
import { convertAt } from './converted.js';
import { packedConfusion, trainAndConvert } from './trained.js';

const DATA = 'examples/fashion-mnist';
const TEST_IMAGES = 100;
/** Images that the reference goes through layer by layer: it is slow. */
const VERIFIED_IMAGES = 3;
const ALL = process.env.SIGNWAVE_FULL === '1';

const weights = Object.keys(WEIGHT_QUANTIZERS);
const activations = Object.keys(ACTIVATION_QUANTIZERS);
const pairs = weights.flatMap((w, i) =>
  // In a short run each weight quantizer comes once, and each activation quantizer at least once.
  activations.filter((_, j) => ALL || j === i % activations.length).map((a) => [w, a] as const),
);
if (!ALL) console.warn(`${pairs.length} pairs of quantizers of ${weights.length * activations.length}: SIGNWAVE_FULL=1 tries all`);

const folder = temporaryFolder();

describe('one epoch of the demo network with quantizers', () => {
  test.each(pairs)('%s and %s is packed bit for bit, and right on the same images', async (w, a) => {
    const { checkpoint, evaluation, file, model } = await trainAndConvert(
      {
        architecture: 'demo_1w1a',
        quantizers: { weights: w, activations: a },
        stages: { '2': { epochs: 1, firstEpoch: 0, warmUpEpochs: 0, learningRate: 0.02 } },
        batchSize: 16,
        data: { format: 'fashion-mnist', folder: DATA, trainImages: 64, testImages: TEST_IMAGES },
      },
      folder,
    );
    expect(await packedConfusion(model, `fashion-mnist:${DATA}`, TEST_IMAGES)).toEqual(evaluation.confusion);

    const { unfolded } = await convertAt(checkpoint, { arch: `${file.info.method}-${file.info.architecture}` });
    const verification = new Verification(file, { simd: model }, unfolded);
    const dataset = await openDataset(`fashion-mnist:${DATA}`);
    const { recipe, height, width } = file.graph.nodes[0] as InputNode;
    for (let n = 0; n < VERIFIED_IMAGES; n++) {
      verification.check(prepareImage((await dataset.read(n)).image, recipe!, height, width));
    }
    expect(verification.isExact).toBe(true);
    expect(verification.sameTop1).toBe(VERIFIED_IMAGES);
    expect(verification.maxLogitDifference).toBeLessThan(1e-3);
    expect(verification.layers).toHaveLength(a === 'identity' ? 0 : a === 'dorefa' ? 18 : 6);
  });
});

import { join } from 'node:path';
import type { InputNode } from '@signwave/format';
import { openImageSample } from '@signwave/lab/node';
import { Reference } from '@signwave/reference';
import { prepareImage } from '@signwave/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { METHOD_NAMES, METHODS, type Method, type MethodName } from '../../trainer/src/methods/index.js';
import { temporaryFolder } from '../cli/signwave.js';
import { differingBits } from './agreement.js';
import { convertAt } from './converted.js';
import { packedConfusion, trainAndConvert } from './trained.js';

const DATA = 'examples/fashion-mnist';
const TEST_IMAGES = 100;
/** Number of images to compare with the reference layer by layer, which is slow. */
const COMPARED_IMAGES = 3;

const folder = temporaryFolder();
const names = METHOD_NAMES.filter((name) => name !== 'full-precision');
const TEACHER = join(folder, 'teacher');

const common = (epochs: number) => ({
  batchSize: 16,
  data: { format: 'fashion-mnist', folder: DATA, trainImages: 64, testImages: TEST_IMAGES },
  stages: { '1': { epochs, warmUpEpochs: 0 } },
});

beforeAll(async () => {
  await trainAndConvert({ architecture: 'demo_float', method: 'full-precision', ...common(1) }, TEACHER);
});

/** What is trained, as a config tells it: every method's own network, and others with BiPer's weights. */
const TRAINED: readonly (readonly [label: string, method: MethodName, parts: object])[] = [
  ...names.map((name) => [name, name, {}] as const),
  ['biper-rsign', 'biper', { quantizers: { activations: 'rsign' }, network: { nonlinearity: 'rprelu' } }],
  ['biper-adabin', 'biper', { quantizers: { activations: 'adabin' }, network: { nonlinearity: 'maxout' } }],
];

describe('an epoch of the demo network as a method trains it', () => {
  test.each(TRAINED)('%s is packed bit for bit, and right on the same images', async (label, method, parts) => {
    const { teacher, stages } = METHODS[method] as Method;
    const distillation = { teacher: join(TEACHER, 'run/best.safetensors'), architecture: 'demo_float' };
    const { evaluation, file, model } = await trainAndConvert(
      {
        architecture: 'demo_1w1a',
        method,
        ...common(1),
        ...(stages && { stages: { '2': { epochs: 1, firstEpoch: 0, warmUpEpochs: 0, learningRate: 0.02 } } }),
        ...(teacher && { distillation }),
        ...parts,
      },
      join(folder, label),
    );
    expect(await packedConfusion(model, `fashion-mnist:${DATA}`, TEST_IMAGES)).toEqual(evaluation.confusion);
    const packed = new Reference(file.graph);
    const sample = await openImageSample(`fashion-mnist:${DATA}`, { limit: COMPARED_IMAGES });
    const { recipe, height, width } = file.graph.nodes[0] as InputNode;
    for (let n = 0; n < COMPARED_IMAGES; n++) {
      const image = prepareImage((await sample.read(n))!.image, recipe!, height, width);
      const { maps } = packed.record(image);
      model.run(image);
      expect(differingBits(file, model, maps).every((count) => count === 0)).toBe(true);
    }
  });

  test('is packed with a warning after ReActNet’s first step, whose weights are real numbers', async () => {
    const { checkpoint } = await trainAndConvert(
      { architecture: 'demo_1w1a', method: 'reactnet', ...common(1) },
      join(folder, 'first-step'),
    );
    const { warnings } = await convertAt(checkpoint, {});
    expect(warnings).toEqual([expect.stringContaining('is of stage 1: the weights were trained as real numbers')]);
  });
});

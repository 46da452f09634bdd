import type { ConvertOptions } from '@signwave/convert';
import { writeModel } from '@signwave/format';
import { argMax } from '@signwave/lab';
import { load } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.js';
import { expectExact, expectLogits } from './agreement.js';
import { readCifarImages } from './cifar10.js';
import { convertAt } from './converted.js';

interface Case {
  readonly folder: string;
  readonly file: string;
  readonly golden: string;
  readonly images: number;
  readonly id: string;
  readonly options: Partial<ConvertOptions>;
}

/** Checkpoints that the methods' own code wrote, and the logits that it computed. */
const CASES: readonly Case[] = [
  {
    id: 'irnet-resnet20_1w1a',
    folder: 'irnet-resnet20-cifar10',
    file: 'model.th',
    golden: 'golden_logits_first200test.npy',
    images: 200,
    options: { arch: 'irnet-resnet20_1w1a' },
  },
  {
    id: 'rbnn-resnet20_1w1a',
    folder: 'rbnn-resnet20-cifar10',
    file: 'model_best.pth.tar',
    golden: 'golden_logits_first200test.npy',
    images: 200,
    options: {},
  },
  {
    id: 'reste-resnet20_1w1a',
    folder: 'reste-resnet20-cifar10',
    file: 'model_best.pth.tar',
    golden: 'golden_logits_first200test.npy',
    images: 200,
    options: { arch: 'reste-resnet20_1w1a' },
  },
  {
    id: 'xnornet-nin',
    folder: 'xnornet-nin-cifar10',
    file: 'nin.pth.tar',
    golden: 'golden_logits_first200test.npy',
    images: 200,
    options: { preprocess: 'cifar10' },
  },
  {
    id: 'adabin-resnet20_1w1a',
    folder: 'adabin-resnet20-cifar10',
    file: 'model.th',
    golden: 'golden_logits_first1000test.npy',
    images: 1000,
    options: {},
  },
];

describeWithShared('a checkpoint of another method', () => {
  describe.each(CASES)('$id', ({ id, folder, file, golden, images, options }) => {
    const convert = async () => (await convertAt(sharedPath(`checkpoints/${folder}/${file}`)!, options)).model;
    const read = (count: number) =>
      readCifarImages(sharedPath('data/cifar-10-batches-bin/test_batch.bin')!, count).map(({ bytes }) => bytes);

    test('has the logits of its authors’ code', async () => {
      const model = await convert();
      expect(`${model.info.method}-${model.info.architecture}`).toBe(id);
      await expectLogits(model, read(images), `${folder}/${golden}`);
    });

    test('runs with the reference’s bits, and converts to the same bytes each time', async () => {
      const model = await convert();
      await expectExact(model, read(3));
      expect(Buffer.compare(writeModel(await convert()), writeModel(model))).toBe(0);
    });
  });

  test.skipIf(process.env.SIGNWAVE_IMAGES === undefined)(
    'AdaBin’s own checkpoint has its authors’ accuracy, 88.02 %, on all 10,000 test images',
    { timeout: 15 * 60_000 },
    async () => {
      const { model: file } = await convertAt(sharedPath('checkpoints/adabin-resnet20-cifar10/model.th')!, {});
      const model = await load(writeModel(file));
      const images = readCifarImages(sharedPath('data/cifar-10-batches-bin/test_batch.bin')!, 10_000);
      const right = images.filter(({ bytes, label }) => argMax(model.run(bytes)) === label).length;
      console.log(`AdaBin ResNet-20: ${right} of ${images.length} right`);
      expect(right).toBeGreaterThanOrEqual(8_790);
      expect(right).toBeLessThanOrEqual(8_810);
    },
  );
});

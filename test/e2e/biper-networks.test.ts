import { readFileSync } from 'node:fs';
import type { Conversion } from '@signwave/convert';
import { readImage } from '@signwave/data/node';
import { writeModel } from '@signwave/format';
import { prepareImage } from '@signwave/runtime';
import { expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.js';
import { expectExact, expectLogits } from './agreement.js';
import { readCifarImages } from './cifar10.js';
import { convertAt } from './converted.js';

describeWithShared('BiPer’s other CIFAR-10 networks', () => {
  const cases = [
    { folder: 'biper-resnet20-1w32a-cifar10', architecture: 'resnet20_1w32a', omega0: 20 },
    { folder: 'biper-vgg-small-cifar10', architecture: 'vgg_small_1w1a', omega0: 25 },
  ] as const;

  test.each(cases)('$architecture has PyTorch’s logits on 200 images', async ({ folder, architecture, omega0 }) => {
    const { model } = await convertAt(sharedPath(`checkpoints/${folder}/model_best.pth.tar`)!, omega0);
    expect(model.info.architecture).toBe(architecture);
    const images = readCifarImages(sharedPath('data/cifar-10-batches-bin/test_batch.bin')!, 200);
    await expectLogits(
      model,
      images.map(({ bytes }) => bytes),
      `${folder}/golden_logits_first200test.npy`,
    );
  });

  test.each(cases)('$architecture runs with the reference’s bits', async ({ folder, omega0 }) => {
    const { model } = await convertAt(sharedPath(`checkpoints/${folder}/model_best.pth.tar`)!, omega0);
    const images = readCifarImages(sharedPath('data/cifar-10-batches-bin/test_batch.bin')!, 3);
    await expectExact(
      model,
      images.map(({ bytes }) => bytes),
    );
  });
});

describeWithShared('BiPer’s ResNet-18 for ImageNet', () => {
  const convert = (): Promise<Conversion> =>
    convertAt(sharedPath('checkpoints/biper-resnet18-imagenet/model_best.pth.tar')!);

  async function images(model: Conversion['model']): Promise<(Uint8Array | Float32Array)[]> {
    const folder = sharedPath('checkpoints/biper-resnet18-imagenet')!;
    const names = readFileSync(`${folder}/golden_images.txt`, 'utf8').trim().split('\n');
    const input = model.graph.nodes[0]!;
    if (input.op !== 'input' || !input.recipe) return expect.fail('no recipe');
    const { recipe, height, width } = input;
    return Promise.all(
      names.map(async (name) =>
        prepareImage(await readImage(`${folder}/images/${name.trim()}`), recipe, height, width),
      ),
    );
  }

  test('is at most 4.2 MB and has PyTorch’s logits on the 20 photographs, resized and cropped as PIL does', async () => {
    const { model } = await convert();
    expect(writeModel(model).length).toBeLessThanOrEqual(4_200_000);
    await expectLogits(model, await images(model), 'biper-resnet18-imagenet/golden_logits_20_sample_images.npy');
  });

  test('runs with the reference’s bits', async () => {
    const { model } = await convert();
    await expectExact(model, (await images(model)).slice(0, 1));
  });
});

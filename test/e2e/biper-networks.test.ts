import { readFileSync } from 'node:fs';
import type { Conversion } from '@signwave/convert';
import { readModel, writeModel } from '@signwave/format';
import { load, prepareImage } from '@signwave/runtime';
import { expect, test } from 'vitest';
import { readNpy } from '../../cli/src/data/npy.js';
import { readImage } from '../../cli/src/data/read-image.js';
import { argMax } from '../../cli/src/statistics.js';
import { Verification } from '../../cli/src/verification.js';
import { describeWithShared, sharedPath } from '../shared.js';
import { readCifarImages } from './cifar10.js';
import { convertAt } from './converted.js';

/** PyTorch sums in another order; a sign that it decides otherwise moves the logits of that image (see compareLogits). */
const LOGIT_TOLERANCE = 1e-4;

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

  async function images(model: Conversion['model']): Promise<Uint8Array[]> {
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

/**
 * The same first class, but where PyTorch's own two best logits are a near tie, and for most images logits within
 * {@link LOGIT_TOLERANCE}: the others have a sign that the order of sums decides.
 */
async function expectLogits(
  file: Conversion['model'],
  inputs: readonly Uint8Array[],
  goldenName: string,
): Promise<void> {
  const model = await load(writeModel(file));
  const { data: golden } = await readNpy(sharedPath(`checkpoints/${goldenName}`)!, { types: ['<f4'] });
  const mean = golden.reduce((sum, value) => sum + value, 0) / golden.length;
  const deviation = Math.sqrt(golden.reduce((sum, value) => sum + (value - mean) ** 2, 0) / golden.length);
  let near = 0;
  inputs.forEach((input, n) => {
    const expected = golden.subarray(n * model.outputs, (n + 1) * model.outputs);
    const logits = model.run(input);
    const worst = logits.reduce((most, value, c) => Math.max(most, Math.abs(value - expected[c]!)), 0);
    if (worst < LOGIT_TOLERANCE) near++;
    const [first, second] = [...expected].sort((a, b) => b - a) as [number, number];
    if (first - second > 0.01 * deviation) expect(argMax(logits), `image ${n}`).toBe(argMax(expected));
  });
  expect(near / inputs.length).toBeGreaterThanOrEqual(0.9);
}

async function expectExact(file: Conversion['model'], inputs: readonly Uint8Array[]): Promise<void> {
  const bytes = writeModel(file);
  const models = { simd: await load(bytes, { kernels: 'simd' }), scalar: await load(bytes, { kernels: 'scalar' }) };
  const verification = new Verification(readModel(bytes), models, undefined);
  for (const input of inputs) verification.check(input);
  for (const layer of verification.layers) expect(layer.differing, layer.name).toEqual({ simd: 0, scalar: 0 });
  expect(verification.differingOutputs).toEqual({ simd: 0, scalar: 0 });
}

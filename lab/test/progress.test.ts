import { type InputNode, writeModel } from '@signwave/format';
import { load } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import {
  compareModels,
  evaluateOn,
  type ImageSample,
  type LabelledImage,
  loadBuilds,
  measureSmaller,
  randomInputs,
  type UndecodableImage,
  verifyModel,
} from '../src/index.js';
import { tinyModel } from './tiny-model.js';

/** Three images, bright, undecodable and dark, of classes 0 and 1. */
function sample(): ImageSample & { isEnded: boolean } {
  const image = (value: number) => ({ height: 2, width: 2, channels: 1, data: new Uint8Array(4).fill(value) }) as const;
  const items: readonly (LabelledImage | UndecodableImage)[] = [
    { index: 0, image: image(200), label: 0, name: 'a' },
    { index: 1, name: 'b', reason: 'it is cut short' },
    { index: 2, image: image(20), label: 0, name: 'c' },
  ];
  return {
    name: 'three',
    description: 'all 3 images',
    count: 3,
    available: 3,
    classNames: ['bright', 'dark'],
    isEnded: false,
    read: async (n) => {
      const item = items[n]!;
      return 'image' in item ? item : undefined;
    },
    tryRead: async (n) => items[n]!,
    end() {
      this.isEnded = true;
    },
  };
}

/** What is called after each of three pieces of work. */
function calls(): { readonly seen: string[]; readonly onProgress: (done: number, total: number) => void } {
  const seen: string[] = [];
  return { seen, onProgress: (done, total) => seen.push(`${done}/${total}`) };
}
const ALL_THREE = ['1/3', '2/3', '3/3'];

describe('progress is told after each image, those that can’t be decoded included', () => {
  test('while a model is evaluated', async () => {
    const model = await load(writeModel(tinyModel()));
    const images = sample();
    const { seen, onProgress } = calls();
    const { evaluation, outputs } = await evaluateOn(model, images, { keepsOutputs: true, onProgress });
    expect(seen).toEqual(ALL_THREE);
    expect(images.isEnded).toBe(true);
    expect(evaluation).toMatchObject({
      images: 2,
      top1: 1,
      confusion: [
        [1, 1],
        [0, 0],
      ],
    });
    expect(evaluation.undecodable).toEqual([{ name: 'b', reason: 'it is cut short' }]);
    expect(outputs).toHaveLength(4);
  });

  test('while two models are compared', async () => {
    const [a, b] = [tinyModel(), tinyModel(0.9)].map((file, i) => ({ name: `${i}.sgnw`, file }));
    const { seen, onProgress } = calls();
    const { images, sameTop1, layers } = await compareModels(a!, b!, sample(), onProgress);
    expect(seen).toEqual(ALL_THREE);
    expect({ images, sameTop1 }).toEqual({ images: 2, sameTop1: 1 });
    // The pixels of the bright image lie between the two thresholds.
    expect(layers.find(({ name }) => name === 'binary')).toMatchObject({ bits: 8, differingBits: 4 });
  });

  test('while it is measured what smaller weights change', async () => {
    const { seen, onProgress } = calls();
    const exact = tinyModel();
    const variants = [{ options: 'another threshold', file: tinyModel(0.9) }];
    const [effect] = await measureSmaller(exact, variants, sample(), onProgress);
    expect(seen).toEqual(ALL_THREE);
    expect(effect).toMatchObject({ images: 2, source: 'three', top1Changes: 1 });
  });
});

describe('verifyModel', () => {
  const file = tinyModel();
  const next = randomInputs(file.graph.nodes[0] as InputNode);
  const inputs = { name: 'three', count: 3, read: async (n: number) => (n === 1 ? undefined : next()), end: () => {} };

  test('finds every build of the kernels exact, and tells its progress', async () => {
    const { seen, onProgress } = calls();
    const models = await loadBuilds(writeModel(file), 'tiny.sgnw');
    const { images, checks } = await verifyModel(file, models, inputs, { source: file.graph, onProgress });
    expect(seen).toEqual(ALL_THREE);
    expect(images).toBe(2);
    expect(checks.filter(({ isOk }) => !isOk)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      ...Object.keys(models).map((name) => `${name} kernels against the reference`),
      'agreement with the network as trained',
    ]);
  });

  test('finds another model than the file’s', async () => {
    const bright = { ...inputs, read: async () => new Uint8Array(4).fill(200) };
    const models = { other: await load(writeModel(tinyModel(0.9))) };
    const { checks } = await verifyModel(file, models, bright);
    expect(checks).toEqual([
      {
        name: 'other kernels against the reference',
        isOk: false,
        detail: '12 of 12 bits differ, 3 of 3 outputs (three)',
      },
    ]);
  });
});

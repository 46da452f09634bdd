import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DATA_FORMATS, type DataFormat } from '@signwave/data';
import { writeModel } from '@signwave/format';
import { argMax } from '@signwave/lab';
import { openImageSample } from '@signwave/lab/node';
import { load, prepareImage } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { CIFAR10, CIFAR100 } from '../../data/src/node/sets/cifar-sets.js';
import { pickledBatch, pickledNames } from '../../data/test/node/sets/pickle.js';
import { writeImage } from '../../data/test/node/sets/set-files.js';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { parseConfig } from '../../trainer/src/config/parse-config.js';
import { seededRandom } from '../../trainer/src/random.js';
import { train } from '../../trainer/src/run/train.js';
import { temporaryFolder } from '../cli/signwave.js';
import { convertAt } from './converted.js';

const GRAY16 = 'test/cases/data/gray16';
const OMEGA0 = 20;
const TRAIN_IMAGES = 20;
const TEST_IMAGES = 30;
/** Fewer images than there are, so that training and evaluation have to choose the same ones. */
const SAMPLE = 24;

const folder = temporaryFolder();
const random = seededRandom(11);

/** A pixel of a picture of bright and dark blots. Noise would drive every layer to its thresholds, where the order of float sums decides. */
function blot(index: number, side: number, channel: number, y: number, x: number): number {
  const angle = 0.7 * index + channel;
  const [v, u] = [(32 * y) / side, (32 * x) / side];
  return Math.round(128 + 90 * Math.sin(angle + v / 5) * Math.cos(angle - u / 4) + 30 * (random.next() - 0.5));
}

/** The bytes (channels, side, side) of an image. */
function planes(index: number, side: number, channels: number): Uint8Array {
  const pixels = side * side;
  return Uint8Array.from({ length: channels * pixels }, (_, i) =>
    blot(index, side, Math.floor(i / pixels), Math.floor((i % pixels) / side), i % side),
  );
}

async function writeBinaryCifar(path: string): Promise<void> {
  const records = (count: number) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => [Uint8Array.of(i % 10), planes(i, 32, 3)]).flat());
  for (let part = 1; part <= 5; part++)
    await writeFile(join(path, `data_batch_${part}.bin`), records(TRAIN_IMAGES / 5));
  await writeFile(join(path, 'test_batch.bin'), records(TEST_IMAGES));
}

async function writePickledCifar(path: string, layout: typeof CIFAR10): Promise<void> {
  const batch = (count: number) =>
    pickledBatch(
      Buffer.concat(Array.from({ length: count }, (_, i) => planes(i, 32, 3))),
      Array.from({ length: count }, (_, i) => (7 * i) % layout.classNames.length),
      { labelsKey: layout.labelsKey },
    );
  for (const name of layout.train) await writeFile(join(path, name), batch(TRAIN_IMAGES / layout.train.length));
  await writeFile(join(path, layout.test), batch(TEST_IMAGES));
  await writeFile(join(path, layout.pythonNames), pickledNames(layout.namesKey, layout.classNames));
}

async function writeIdx(path: string): Promise<void> {
  for (const [part, count] of [
    ['train', TRAIN_IMAGES],
    ['t10k', TEST_IMAGES],
  ] as const) {
    const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]);
    const images = Array.from({ length: count }, (_, i) => planes(i, 28, 1));
    await writeFile(join(path, `${part}-images.idx3-ubyte`), Buffer.concat([header, ...images]));
    const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, count, ...Array.from({ length: count }, (_, i) => i % 10)]);
    await writeFile(join(path, `${part}-labels.idx1-ubyte`), labels);
  }
}

/** Writes photos of many sizes and file types into numbered folders, one of them cut short, with Jupyter's leftovers beside them. */
async function writeFolder(path: string): Promise<void> {
  for (const [part, count] of [
    ['train', TRAIN_IMAGES],
    ['val', TEST_IMAGES],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const [width, height] = [40 + 9 * (i % 5), 36 + 7 * (i % 3)];
      const data = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
        blot(i, 40, at % 3, Math.floor(at / 3 / width), Math.floor(at / 3) % width),
      );
      await writeImage(join(path, part, String(7 + (i % 5)), `${i}.${i % 2 ? 'png' : 'jpg'}`), width, height, data);
    }
    await writeFile(join(path, part, '7/cut.png'), 'no image');
    await mkdir(join(path, part, '.ipynb_checkpoints'));
  }
}

const SETS: readonly { title: string; format: DataFormat; write: (path: string) => Promise<void>; more?: object }[] = [
  { title: 'CIFAR-10, binary', format: 'cifar10', write: writeBinaryCifar },
  { title: 'CIFAR-10, pickled', format: 'cifar10', write: (path) => writePickledCifar(path, CIFAR10) },
  { title: 'CIFAR-100, pickled', format: 'cifar100', write: (path) => writePickledCifar(path, CIFAR100) },
  { title: 'MNIST', format: 'mnist', write: writeIdx },
  { title: 'Fashion-MNIST', format: 'fashion-mnist', write: writeIdx, more: { mean: [0.2], std: [0.4] } },
  // Pillow clips this to white, and so do training and evaluation.
  {
    title: '16-bit gray',
    format: 'folder',
    write: (path) => cp(GRAY16, path, { recursive: true }),
    more: { side: 32 },
  },
  { title: 'photos of many sizes', format: 'folder', write: writeFolder, more: { side: 32, mean: [0.4, 0.5, 0.6] } },
];

test('every format is tried', () => {
  expect(new Set(SETS.map(({ format }) => format))).toEqual(new Set(DATA_FORMATS));
});

describe('after an epoch of training the packed network is right on the same test images', () => {
  test.each(SETS)('$title', async ({ title, format, write, more }) => {
    const data = join(folder, title);
    await mkdir(data);
    await write(data);
    const config = parseConfig(
      JSON.stringify({
        architecture: 'demo_1w1a',
        omega0: OMEGA0,
        stages: { '2': { epochs: 1, firstEpoch: 0, warmUpEpochs: 0 } },
        batchSize: 5,
        data: { format, folder: data, testImages: SAMPLE, ...more },
        output: join(folder, `${title} run`),
      }),
      'formats.json',
    );
    const { evaluation } = await train({ config, backend: await chooseBackend({ force: 'wasm' }) });
    const { model: file } = await convertAt(join(config.output, 'best.safetensors'), OMEGA0);
    const model = await load(writeModel(file));
    const labels = model.metadata.labels;
    const sample = await openImageSample(`${format}:${data}`, {
      limit: SAMPLE,
      model: { count: model.outputs, labels },
    });
    const { recipe, height, width } = model.input;
    const confusion = Array.from({ length: model.outputs }, () => new Array<number>(model.outputs).fill(0));
    for (let n = 0; n < sample.count; n++) {
      const item = await sample.read(n);
      if (item) confusion[item.label]![argMax(model.run(prepareImage(item.image, recipe!, height, width)))]!++;
    }
    expect(confusion).toEqual(evaluation!.confusion);
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectedTensors } from '../../convert/src/models/architecture.js';
import { trainedArchitecture } from '../../convert/src/models/trained/networks.js';
import { firstStyle, STYLE_CHOICES } from '../../convert/src/models/trained/style.js';
import { chooseBackend } from '../../trainer/src/backends/choose-backend.js';
import { ARCHITECTURES, type ArchitectureName, createNetwork, quantizersOf } from '../../trainer/src/models/index.js';
import { styleOf } from '../../trainer/src/models/method-style.js';
import { STYLE_CHOICES as TRAINER_CHOICES } from '../../trainer/src/models/network-style.js';
import { seededRandom } from '../../trainer/src/random.js';
import { temporaryFolder } from '../cli/signwave.js';
import { packedConfusion, trainAndConvert } from './trained.js';

const TEST_IMAGES = 20;
const CLASSES = Array.from({ length: 10 }, (_, i) => `class${i}`);
const ALL = process.env.SIGNWAVE_FULL === '1';

/** The networks that take seconds; the others take minutes. */
const QUICK: readonly ArchitectureName[] = ['demo_1w1a', 'resnet20_1w1a', 'resnet20_1w32a', 'resnet20_float'];
const isOfAnySize = (name: ArchitectureName): boolean => 'leastSize' in ARCHITECTURES[name];
const names = (Object.keys(ARCHITECTURES) as ArchitectureName[]).filter(
  (name) => (ARCHITECTURES[name].input.size !== 224 || isOfAnySize(name)) && (ALL || QUICK.includes(name)),
);
if (!ALL) console.warn(`networks ${names.join(', ')} of the trainer: SIGNWAVE_FULL=1 tries all of CIFAR's`);

const folder = temporaryFolder();
const data = join(folder, 'cifar');

/**
 * Writes CIFAR's binary files with pictures of bright and dark blots. Noise would drive every layer to its thresholds, where the order of
 * float sums decides.
 */
function writeImages(): void {
  const random = seededRandom(3);
  const records = (count: number): Uint8Array =>
    Uint8Array.from({ length: count * 3073 }, (_, i) => {
      const at = i % 3073;
      if (at === 0) return Math.floor(i / 3073) % 10;
      const [y, x] = [((at - 1) >> 5) & 31, (at - 1) & 31];
      const angle = Math.floor(i / 3073) * 0.7 + ((at - 1) >> 10);
      return 128 + 90 * Math.sin(angle + y / 5) * Math.cos(angle - x / 4) + 30 * (random.next() - 0.5);
    });
  mkdirSync(data);
  for (let part = 1; part <= 5; part++) writeFileSync(join(data, `data_batch_${part}.bin`), records(4));
  writeFileSync(join(data, 'test_batch.bin'), records(TEST_IMAGES));
  writeFileSync(join(data, 'batches.meta.txt'), CLASSES.join('\n'));
}

beforeAll(writeImages);

describe('a network of the trainer, trained for an epoch on images of 32 x 32 pixels', () => {
  test.each(names)(
    '%s converts without an option and is right on the same images',
    { timeout: 300_000 },
    async (architecture) => {
      const { evaluation, file, model } = await trainAndConvert(
        {
          architecture,
          stages: { '2': { epochs: 1, firstEpoch: 0, warmUpEpochs: 0 } },
          batchSize: 10,
          data: { format: 'cifar10', folder: data, mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
        },
        join(folder, architecture),
      );
      expect(await packedConfusion(model, `cifar10:${data}`, TEST_IMAGES)).toEqual(evaluation.confusion);
      expect(file.info.labels).toEqual(CLASSES);
      expect(model.input.recipe!.mean[0]).toBeCloseTo(0.4914, 6);
    },
  );
});

test.each(Object.keys(ARCHITECTURES) as ArchitectureName[])(
  '%s is known to the converter, which expects the tensors that it has',
  async (name) => {
    const { size, channels } = ARCHITECTURES[name].input;
    const recipe = { channelOrder: channels === 1 ? 'gray' : 'rgb', divisor: 255, mean: [], std: [] } as const;
    const facts = {
      architecture: name,
      quantizers: {
        ...quantizersOf(name, { weights: 'biper', activations: 'biper' }),
        activationBits: 1,
        hasAlpha: true,
      },
      style: styleOf(ARCHITECTURES[name], 'biper', {}),
      input: { height: size, width: size, channels, recipe },
    };
    const classes = 10;
    const expected = expectedTensors(trainedArchitecture(facts, name), classes);
    // Those for ImageNet take seconds to make.
    if (size === 224 && !ALL) return;
    const backend = await chooseBackend({ force: 'wasm' });
    const network = createNetwork(name, { backend, random: seededRandom(1), omega0: 20, classes });
    const found = [...network.parameters, ...network.buffers].map((it) => it.name);
    network.dispose();
    expect(found.filter((tensor) => !expected.has(tensor))).toEqual([]);
    expect([...expected].filter(([tensor, { isOptional }]) => !isOptional && !found.includes(tensor))).toEqual([]);
  },
);

test('the converter knows every style of the trainer, and that of networks before styles were written', () => {
  expect(STYLE_CHOICES).toEqual(TRAINER_CHOICES);
  for (const [name, place] of Object.entries(ARCHITECTURES)) {
    // No version without styles had it.
    if (place.family === 'quicknet') continue;
    expect(styleOf(place, 'biper', {}), name).toMatchObject(firstStyle(name));
  }
});

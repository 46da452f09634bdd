import { readFile } from 'node:fs/promises';
import { decodeNpy } from '@signwave/lab';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { ARCHITECTURES, type ArchitectureName, createNetwork } from '../../src/models/index.js';
import type { NetworkOptions } from '../../src/models/network-options.js';
import { seededRandom } from '../../src/random.js';
import type { Network, Tensor2D, Tensor4D, TrainingBackend } from '../../src/types.js';
import { preprocess, relativeError } from './authors-steps.js';
import { load, openFile } from './load-checkpoint.js';

let backend: TrainingBackend;
beforeAll(async () => {
  backend = await chooseBackend({ force: 'wasm' });
});

const make = (name: string, options: Partial<NetworkOptions> = {}): Network =>
  createNetwork(name, { backend, random: seededRandom(1), classes: 10, omega0: 20, ...options });

/** Names and shapes of everything a network keeps. */
const shapesOf = ({ parameters, buffers }: Network): Map<string, readonly number[]> =>
  new Map([
    ...parameters.map(({ name, variable }) => [name, variable.shape] as const),
    ...buffers.map((buffer) => [buffer.name, buffer.get().shape] as const),
  ]);

describe('architectures', () => {
  test.each(['resnet20_1w1a', 'resnet20_1w32a', 'resnet20_float', 'resnet18A_1w1a', 'demo_1w1a'] as const)(
    '%s makes finite logits of its input in both stages',
    async (name: ArchitectureName) => {
      const { size, channels } = ARCHITECTURES[name].input;
      const network = make(name);
      for (const stage of ['1', '2'] as const) {
        network.stage = stage;
        for (const training of [true, false]) {
          const images = backend.tf.randomNormal([2, size, size, channels], 0, 1, 'float32', 1) as Tensor4D;
          const logits = backend.tf.tidy(() => network.forward(images, training));
          expect(logits.shape).toEqual([2, 10]);
          expect((await logits.data()).every(Number.isFinite)).toBe(true);
          backend.tf.dispose([images, logits]);
        }
      }
      network.dispose();
    },
  );

  test('the demo takes 32 x 32 pixels and three channels too', () => {
    const network = make('demo_1w1a', { input: { size: 32, channels: 3 } });
    const { tf } = backend;
    const logits = tf.tidy(() => network.forward(tf.zeros([1, 32, 32, 3]) as Tensor4D, false).shape);
    expect(logits).toEqual([1, 10]);
    network.dispose();
  });

  test('start with the same values for the same seed', async () => {
    const values = async (seed: number): Promise<number[]> => {
      const network = make('demo_1w1a', { random: seededRandom(seed) });
      const data = Array.from(await network.parameters[0]!.variable.data());
      network.dispose();
      return data;
    };
    expect(await values(5)).toEqual(await values(5));
    expect(await values(5)).not.toEqual(await values(6));
  });

  test("start with alpha in [0, 1) and, on ImageNet, 2-D batch norms scaled by 1e-8 as in the authors' code", async () => {
    const network = make('imagenet_resnet18_1w1a');
    const values = (name: string) => network.parameters.find((it) => it.name === name)!.variable.data();
    const alpha = await values('layer1.0.conv1.alpha');
    expect(Math.min(...alpha)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...alpha)).toBeLessThan(1);
    expect(new Set(await values('layer2.0.downsample.1.weight'))).toEqual(new Set([Math.fround(1e-8)]));
    expect(new Set(await values('bn2.weight'))).toEqual(new Set([1]));
    network.dispose();
  });

  test.each(['bnn', 'xnor-net', 'dorefa', 'bi-real', 'ir-net', 'recu', 'reste', 'dsq'] as const)(
    'take %s in place of BiPer, then without its regulariser',
    async (weights) => {
      const { tf } = backend;
      const network = make('demo_1w1a', { weights });
      const logits = tf.tidy(() => network.forward(tf.ones([2, 28, 28, 1]) as Tensor4D, true));
      expect((await logits.data()).every(Number.isFinite)).toBe(true);
      expect((await network.regulariser().data())[0]).toBe(0);
      network.dispose();
    },
  );

  test('of an unknown name are refused with the names that exist', () => {
    expect(() => make('resnet21')).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining('demo_1w1a') }),
    );
  });
});

interface AuthorsCheckpoint {
  readonly name: ArchitectureName;
  readonly folder: string;
  /** Default: that of BiPer's code. */
  readonly file?: string;
  readonly options?: Partial<NetworkOptions>;
  readonly logits: string;
  readonly images: number;
}

const CHECKPOINTS: readonly AuthorsCheckpoint[] = [
  {
    name: 'resnet20_1w1a',
    folder: 'biper-resnet20-cifar10',
    logits: 'golden_logits_first1000test.npy',
    images: 16,
  },
  {
    name: 'resnet20_1w32a',
    folder: 'biper-resnet20-1w32a-cifar10',
    logits: 'golden_logits_first200test.npy',
    images: 16,
  },
  {
    name: 'vgg_small_1w1a',
    folder: 'biper-vgg-small-cifar10',
    options: { omega0: 25 },
    logits: 'golden_logits_first200test.npy',
    images: 4,
  },
  {
    name: 'resnet20_1w1a',
    folder: 'adabin-resnet20-cifar10',
    file: 'model.th',
    options: { method: 'adabin' },
    logits: 'golden_logits_first1000test.npy',
    images: 16,
  },
];

/** AdaBin calls its nonlinearities otherwise. */
const storedName = (name: string): string => name.replace(/\bact(?=\d)/, 'nonlinear');

describeWithShared("the authors' checkpoints", () => {
  const openOf = ({ folder, file = 'model_best.pth.tar' }: Pick<AuthorsCheckpoint, 'folder' | 'file'>) =>
    openFile(sharedPath(`checkpoints/${folder}/${file}`)!);
  const imagenet = { name: 'imagenet_resnet18_1w1a', folder: 'biper-resnet18-imagenet', options: { classes: 1000 } };

  test.each<Pick<AuthorsCheckpoint, 'folder' | 'file' | 'options'> & { readonly name: string }>([
    ...CHECKPOINTS,
    imagenet,
  ])('$name has just the tensors of $folder, in their order', async ({ name, options, ...place }) => {
    const checkpoint = await openOf(place);
    const network = make(name, options);
    const ours = new Map([...shapesOf(network)].map(([tensor, shape]) => [storedName(tensor), shape] as const));
    const theirs = [...checkpoint.tensors].map(([tensor, { shape }]) => [tensor, shape] as const);
    const expected = theirs.map(([tensor, shape]) => [tensor, /\.tau$/.test(tensor) ? [] : shape] as const);
    expect(new Map(ours)).toEqual(new Map(expected));
    const order = (names: Iterable<string>, kept: ReadonlySet<string>): string[] =>
      [...names].filter((it) => kept.has(it));
    const parameters = new Set(network.parameters.map((it) => storedName(it.name)));
    expect(order(ours.keys(), parameters)).toEqual(order(checkpoint.tensors.keys(), parameters));
    network.dispose();
  });

  test.each(CHECKPOINTS)('$name with $folder computes the logits of PyTorch', async (authors) => {
    const { name, folder, options, logits, images } = authors;
    const { tf } = backend;
    const network = make(name, options);
    network.stage = '2';
    await load(tf, network, await openOf(authors), storedName);
    const records = await readFile(sharedPath('data/cifar-10-batches-bin/test_batch.bin')!);
    const bytes = new Uint8Array(images * 3072);
    for (let i = 0; i < images; i++) bytes.set(records.subarray(i * 3073 + 1, (i + 1) * 3073), i * 3072);
    const x = preprocess({ shape: [images, 3, 32, 32], data: bytes });
    const y = tf.tidy(() => network.forward(tf.tensor4d(x, [images, 32, 32, 3]), false));
    const found = await (y as Tensor2D).data();
    const file = sharedPath(`checkpoints/${folder}/${logits}`)!;
    const golden = decodeNpy(await readFile(file), file, { types: ['<f4'] }).data;
    // An image in which one sign near its threshold differs moves as a whole; most have none.
    const errors = Array.from({ length: images }, (_, i) =>
      relativeError(found.slice(10 * i, 10 * i + 10), golden.slice(10 * i, 10 * i + 10)),
    );
    const close = errors.filter((error) => error < 1e-4).length;
    expect(close, errors.map((error) => error.toExponential(1)).join(' ')).toBeGreaterThanOrEqual(0.9 * images);
    y.dispose();
    network.dispose();
  });
});

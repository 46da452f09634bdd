import { ARCHITECTURES, type Conversion, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { bytesSource, type Model, writeModel } from '@signwave/format';
import { argMax } from '@signwave/lab';
import { Reference } from '@signwave/reference';
import { load } from '@signwave/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FloatTensor, floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { makePlan } from '../../runtime/src/plan/make-plan.js';
import { expectExact } from './agreement.js';
import { randomState, seededRandom, withDeadChannels } from './random-checkpoint.js';

/** Few images, because the reference takes seconds for each. */
const IMAGES = process.env.SIGNWAVE_FULL ? 20 : 1;
const TIMEOUT = { timeout: 240_000 };

async function convert(name: string, state: ReadonlyMap<string, FloatTensor>): Promise<Conversion> {
  const source = bytesSource(floatFile(state), 'random.safetensors');
  return convertCheckpoint(await openCheckpoint(source), { writer: 'test', omega0: 20, arch: `biper-${name}` });
}

/** Makes an image of random stripes, so that values reach the clips. */
function image(seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: 3072 }, (_, i) => 256 * random() * (Math.floor(i / 300) % 2 ? 1 : 0.3));
}

async function memoryBytes(model: Model): Promise<number> {
  const loaded = await load(writeModel(model));
  const { memoryBytes } = loaded.info();
  loaded.dispose();
  return memoryBytes;
}

/** Counts how often each kernel runs. */
function kernels({ graph }: Model): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kernel } of makePlan(graph, true).steps) counts.set(kernel, (counts.get(kernel) ?? 0) + 1);
  return counts;
}

/** The operation with which each step begins. */
function firstOperations({ graph }: Model): (string | undefined)[] {
  return makePlan(graph, true).steps.map(({ nodes }) => graph.nodes[nodes[0] ?? -1]?.op);
}

describe('a BiPer ResNet-18 with a tenth of its channels dead', () => {
  const state = randomState(ARCHITECTURES.find(({ name }) => name === 'resnet18_1w1a')!, 10, 1);
  let plain: Conversion;
  let dead: Conversion;
  beforeAll(async () => {
    plain = await convert('resnet18_1w1a', state);
    dead = await convert('resnet18_1w1a', withDeadChannels(state, /bn\d$/, 0.1, 2));
  });

  test('says what PyTorch’s sign(0) = 0 makes of it, on each image', TIMEOUT, () => {
    const source = new Reference(dead.unfolded);
    const packed = new Reference(dead.model.graph);
    for (let n = 0; n < IMAGES; n++) {
      const expected = source.run(image(n));
      const found = packed.run(image(n));
      expect(argMax(found)).toBe(argMax(expected));
      const largest = Math.max(...expected.map(Math.abs));
      found.forEach((value, c) => {
        expect(Math.abs(value - expected[c]!), `image ${n}, class ${c}`).toBeLessThan(1e-5 * largest);
      });
    }
  });

  test('has other logits where sign(0) is +1, so the images tell', TIMEOUT, () => {
    const nodes = dead.unfolded.nodes.map((node) =>
      node.op === 'sign' ? { ...node, zeroRule: 'plus' as const } : node,
    );
    const plus = new Reference({ ...dead.unfolded, nodes }).run(image(0));
    const zero = new Reference(dead.model.graph).run(image(0));
    expect(Math.max(...plus.map((value, c) => Math.abs(value - zero[c]!)))).toBeGreaterThan(0.1);
  });

  test('runs with the reference’s bits and outputs', TIMEOUT, () => expectExact(dead.model, [image(7)]));

  test('has the kernels of the undamaged one, and its memory but for what is computed twice', async () => {
    const twice = dead.ties.filter(({ kept }) => kept === 'twice');
    expect(dead.ties.map(({ kept }) => kept)).not.toContain('threeValued');
    expect(twice.map(({ layer }) => layer)).toEqual([
      'layer2.1.conv1',
      'layer3.0.conv1',
      'layer3.1.conv1',
      'layer4.1.conv1',
    ]);
    const convs = (counts: Map<string, number>): number => (counts.get('convLut') ?? 0) + (counts.get('convBits') ?? 0);
    expect(convs(kernels(dead.model))).toBe(convs(kernels(plain.model)) + twice.length);
    expect(firstOperations(dead.model)).not.toContain('borderBias');
    expect(kernels(dead.model).get('signMap')).toBeUndefined();
    expect(kernels(dead.model).get('convFloat')).toBe(kernels(plain.model).get('convFloat'));
    expect(await memoryBytes(dead.model)).toBeLessThan(1.5 * (await memoryBytes(plain.model)));
    expect(writeModel(dead.model).length).toBeLessThan(1.05 * writeModel(plain.model).length);
  });

  test('where no mean of clipped values lies beside a dead channel, nothing is computed twice', async () => {
    const inside = await convert('resnet18_1w1a', withDeadChannels(state, /^layer.*bn1$/, 0.1, 2));
    expect(inside.ties.map(({ kept }) => kept)).toEqual(new Array(8).fill('folded'));
    expect(await memoryBytes(inside.model)).toBeLessThan(1.2 * (await memoryBytes(plain.model)));
  });
});

const NETWORKS = ['resnet20_1w1a', ...(process.env.SIGNWAVE_FULL ? ['vgg_small_1w1a'] : [])];
if (!process.env.SIGNWAVE_FULL)
  console.warn('skipped: vgg_small_1w1a with dead channels, and more images; set SIGNWAVE_FULL=1');

test.each(NETWORKS)(
  'BiPer’s %s with dead channels says what PyTorch’s sign(0) = 0 makes of it',
  TIMEOUT,
  async (name) => {
    const architecture = ARCHITECTURES.find((one) => one.method === 'biper' && one.name === name)!;
    const state = withDeadChannels(randomState(architecture, 10, 3), /bn\d$/, 0.2, 4);
    const { model, unfolded, ties } = await convert(name, state);
    expect(ties.length).toBeGreaterThan(0);
    const expected = new Reference(unfolded).run(image(1));
    const largest = Math.max(...expected.map(Math.abs));
    new Reference(model.graph).run(image(1)).forEach((value, c) => {
      expect(Math.abs(value - expected[c]!), `class ${c}`).toBeLessThan(1e-5 * largest);
    });
    await expectExact(model, [image(1)]);
  },
);

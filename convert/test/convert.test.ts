import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytesSource, isBinary, type SignwaveError, tensorValues } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint, type StoredTensor } from '../src/checkpoints/index.js';
import { type ConvertOptions, convertCheckpoint } from '../src/convert.js';
import { checkpointBiperConfig, parseBiperConfig } from '../src/models/biper-config.js';
import { checkSigns } from '../src/models/network-builder.js';
import { bitFilters } from '../src/models/state.js';
import { weightRule } from '../src/models/weight-rules.js';
import { smallerWeightsOf, withSmallerWeights } from '../src/passes/smaller-weights.js';
import { type FloatTensor, floatFile } from './checkpoints/build-safetensors.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/biper-resnet20-cifar10.pth', import.meta.url));
const OPTIONS: ConvertOptions = { writer: 'test', omega0: 20 };

let checkpoint: Checkpoint;

beforeAll(async () => {
  checkpoint = await openCheckpoint(bytesSource(readFileSync(EXAMPLE), 'example.pth'));
});

/** The example with some tensors replaced, added or (undefined) removed. */
function changed(changes: Readonly<Record<string, Partial<StoredTensor> | undefined>>): Checkpoint {
  const tensors = new Map(checkpoint.tensors);
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) tensors.delete(name);
    else tensors.set(name, { ...(tensors.get(name) ?? checkpoint.tensors.get('conv1.weight')!), name, ...change });
  }
  return { ...checkpoint, tensors };
}

async function failure(from: Checkpoint, options: ConvertOptions = OPTIONS): Promise<SignwaveError> {
  return convertCheckpoint(from, options).then(
    () => expect.fail('it was converted'),
    (error: unknown) => error as SignwaveError,
  );
}

/** Bits of latent weights of one filter. */
function biperBits(latent: Float32Array, omega0: number): Uint8Array {
  const shape = [1, latent.length, 1, 1] as const;
  const { signs } = weightRule('biper', omega0)({ name: 'w', values: latent, shape });
  return bitFilters(signs, { name: 'w', shape, pack: bitFilters }).data;
}

describe('BiPer’s weights', () => {
  test('are the sign of the wave: +1 where sin(omega0 w) > 0', () => {
    const latent = Float32Array.of(0.1, -0.1, 0.2, 0.3, 0.4, -0.4); // 20 w: 2, -2, 4, 6, 8, -8
    expect(biperBits(latent, 20)).toEqual(Uint8Array.of(0b010001));
  });

  test('take the product in float32 and its sine in binary64', () => {
    // fround(20 * w) of this w is just above 2 pi, 20 * w just below: only the rounded product has a positive sine.
    const w = Float32Array.of(0.31415927);
    expect(Math.sin(Math.fround(20 * w[0]!)) > 0).toBe(true);
    expect(biperBits(w, 20)).toEqual(Uint8Array.of(1));
  });

  test('of exactly zero are refused, with the tensor and how many', async () => {
    expect(() => checkSigns(Float32Array.of(0.1, 0, -0), 'layer1.0.conv1.weight')).toThrow(
      /layer1\.0\.conv1\.weight.*2 weights whose sign is 0/,
    );
  });
});

describe('conversion', () => {
  test('folds alpha and batch norm into one affine per convolution, and the last batch norm into the classifier', async () => {
    const { model, unfolded } = await convertCheckpoint(checkpoint, OPTIONS);
    const count = (nodes: readonly { op: string }[], op: string): number =>
      nodes.filter((node) => node.op === op).length;
    expect(count(unfolded.nodes, 'affine')).toBe(18 * 2 + 3);
    expect(count(model.graph.nodes, 'affine')).toBe(18 + 2);
    expect(model.graph.nodes.filter((node) => isBinary(model.graph, node))).toHaveLength(18);
  });

  test('folds without changing what the network says', async () => {
    const { model, unfolded } = await convertCheckpoint(checkpoint, OPTIONS);
    const image = Uint8Array.from({ length: 3072 }, (_, i) => (i * 89) & 255);
    const folded = new Reference(model.graph).run(image);
    new Reference(unfolded).run(image).forEach((value, c) => {
      expect(Math.abs(value - folded[c]!)).toBeLessThan(1e-4);
    });
  });

  test('keeps every bit of the latent weights’ signs', async () => {
    const { model } = await convertCheckpoint(checkpoint, OPTIONS);
    const latent = await checkpoint.tensors.get('layer2.0.conv1.weight')!.readF32(); // (32, 16, 3, 3)
    const node = model.graph.nodes.find(({ name }) => name === 'layer2.0.conv1');
    if (node?.op !== 'conv') return expect.fail('no such convolution');
    const packed = tensorValues(model.graph.tensors[node.weights]!); // (32, 3, 3, 16)
    packed.forEach((value, at) => {
      const [o, tap, i] = [Math.floor(at / 144), Math.floor(at / 16) % 9, at % 16];
      expect(value).toBe(Math.sign(Math.sin(Math.fround(20 * latent[(o * 16 + i) * 9 + tap]!))));
    });
  });

  test('writes the accuracy that the checkpoint states, and says whose word it is', async () => {
    const { model } = await convertCheckpoint(checkpoint, OPTIONS);
    expect(model.info.accuracy).toEqual([{ data: expect.stringContaining('best_prec1'), top1: 66.35 }]);
  });

  test('leaves the recipe out when asked to', async () => {
    const { model } = await convertCheckpoint(checkpoint, { ...OPTIONS, preprocess: 'none' });
    expect(model.graph.nodes[0]).not.toHaveProperty('recipe');
  });

  test('makes the weights smaller that it is asked to, and gives the exact model, too', async () => {
    const smaller = { stem: 'i16', head: 'i8' } as const;
    const { model, exact } = await convertCheckpoint(checkpoint, { ...OPTIONS, smaller });
    const asTrained = await convertCheckpoint(checkpoint, OPTIONS);
    expect(asTrained.model).toBe(asTrained.exact);
    expect(exact).toEqual(asTrained.model);
    expect(model).toEqual({ info: exact.info, graph: withSmallerWeights(exact.graph, smaller) });
    expect(smallerWeightsOf(model.graph)).toEqual(smaller);
  });

  test('doesn’t need what evaluation doesn’t use and old versions don’t write', async () => {
    const { model } = await convertCheckpoint(changed({ 'bn1.num_batches_tracked': undefined }), OPTIONS);
    expect(model.info.architecture).toBe('resnet20_1w1a');
  });
});

describe('a checkpoint in safetensors', () => {
  let tensors: Map<string, FloatTensor>;

  beforeAll(async () => {
    tensors = new Map();
    for (const { name, shape, readF32 } of checkpoint.tensors.values()) {
      const values = await readF32();
      tensors.set(name, { shape, values });
      tensors.set(`optimizer.${name}.momentum`, { shape, values });
    }
  });

  const open = (metadata?: Record<string, string>) =>
    openCheckpoint(bytesSource(floatFile(tensors, metadata), 'example.safetensors'));

  test('converts to the same model as PyTorch’s', async () => {
    const { model } = await convertCheckpoint(await open(), OPTIONS);
    const { model: expected } = await convertCheckpoint(checkpoint, OPTIONS);
    expect(model.graph).toEqual(expected.graph);
  });

  test('says omega0 in its metadata, which an option contradicts only with override', async () => {
    const own = await open({ omega0: '20', stage: '2' });
    expect(checkpointBiperConfig(own)).toEqual({ omega0: 20, isStage2: true });
    expect((await convertCheckpoint(own, { writer: 'test' })).model.info.omega0).toBe(20);
    const other = { writer: 'test', omega0: 25 };
    expect(await failure(own, other)).toMatchObject({
      code: 'E_OMEGA0',
      message: expect.stringMatching(/trained with omega0 = 20, but omega0 = 25 was given/),
    });
    const { model, warnings } = await convertCheckpoint(own, { ...other, override: true });
    expect(model.info.omega0).toBe(25);
    expect(warnings).toEqual([expect.stringContaining('omega0 = 25')]);
  });

  test('without omega0 in its metadata needs the option', async () => {
    expect((await failure(await open({ stage: '1' }), { writer: 'test' })).code).toBe('E_OMEGA0');
  });

  test.each(['', 'twenty', '-1', '0', 'Infinity', 'NaN'])(
    'with omega0 "%s" in its metadata is refused',
    async (omega0) => {
      const error = await failure(await open({ omega0 }), { writer: 'test' });
      expect(error.code).toBe('E_OMEGA0');
      expect(error.message).toMatch(/example\.safetensors: omega0 of its metadata is/);
    },
  );
});

describe('a checkpoint is refused', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('for %d in a tensor, by name', async (value) => {
    for (const name of [
      'conv1.weight',
      'layer1.0.conv1.weight',
      'layer3.2.conv2.alpha',
      'layer2.1.bn2.running_var',
      'linear.bias',
    ]) {
      const values = await checkpoint.tensors.get(name)!.readF32();
      values[values.length - 1] = value;
      const error = await failure(changed({ [name]: { readF32: async () => values } }));
      expect(error.code).toBe('E_CHECKPOINT_TENSOR');
      expect(error.message).toContain(`"${name}" holds ${value}`);
    }
  });

  test('for scales that are finite and overflow where they are multiplied, naming the layer', async () => {
    const huge = (name: string) => {
      const tensor = checkpoint.tensors.get(name)!;
      return { readF32: async () => (await tensor.readF32()).map(() => 3e38) };
    };
    const names = ['layer1.0.bn1.weight', 'layer1.0.bn1.running_mean'];
    const error = await failure(changed(Object.fromEntries(names.map((name) => [name, huge(name)]))));
    expect(error.code).toBe('E_CHECKPOINT_TENSOR');
    expect(error.message).toMatch(
      /the numbers of layer1\.0\.conv1 and of what follows it are finite, but give -?Infinity/,
    );
  });

  test('for a missing tensor, naming it and its shape', async () => {
    const error = await failure(changed({ 'layer2.1.conv2.alpha': undefined }));
    expect(error.code).toBe('E_CHECKPOINT_ARCH');
    expect(error.message).toContain('"layer2.1.conv2.alpha" (32, 1, 1) is missing');
  });

  test('for an extra tensor, naming it', async () => {
    const error = await failure(changed({ 'layer4.0.conv1.weight': {} }));
    expect(error.message).toContain('"layer4.0.conv1.weight" is there');
  });

  test('for a tensor of another shape, naming it with both shapes', async () => {
    const error = await failure(changed({ 'layer1.2.conv1.weight': { shape: [16, 16, 1, 1] } }));
    expect(error.message).toContain('"layer1.2.conv1.weight" is (16, 16, 1, 1), expected (16, 16, 3, 3)');
  });

  test('without beta and without a name: ReCU’s ResNet-20 and BiPer’s 1W/32A one have the same tensors', async () => {
    const betas = [...checkpoint.tensors.keys()].filter((name) => name.endsWith('.beta'));
    const nameless = { ...changed(Object.fromEntries(betas.map((name) => [name, undefined]))), metadata: new Map() };
    const error = await failure(nameless);
    expect(error.code).toBe('E_CHECKPOINT_ARCH');
    expect(error.message).toMatch(/2 networks.*--arch biper-resnet20_1w32a.*--arch recu-resnet20_1w1a/s);
    const { model } = await convertCheckpoint(nameless, { ...OPTIONS, arch: 'resnet20_1w32a' });
    expect(model.info.architecture).toBe('resnet20_1w32a');
  });

  test('without omega0, or with an impossible one', async () => {
    expect((await failure(checkpoint, { writer: 'test' })).code).toBe('E_OMEGA0');
    expect((await failure(checkpoint, { writer: 'test', omega0: -3 })).code).toBe('E_OMEGA0');
    expect((await failure(checkpoint, { writer: 'test', omega0: Number.NaN })).code).toBe('E_OMEGA0');
  });

  test('for an unknown architecture or recipe, naming the known ones', async () => {
    expect((await failure(checkpoint, { ...OPTIONS, arch: 'vgg99' })).message).toContain(
      'known: biper (resnet20_1w1a, ',
    );
    expect((await failure(checkpoint, { ...OPTIONS, preprocess: 'mnist' })).message).toContain(
      'cifar10, imagenet, larq, fashion-mnist, none',
    );
    const { message } = await failure(checkpoint, { ...OPTIONS, arch: 'vgg99' });
    // CIFAR's and ImageNet's ResNet-18 have one name.
    const [biper] = /biper \(.*?\)/.exec(message)!;
    expect(biper.match(/\bresnet18_1w1a\b/g)).toHaveLength(1);
  });

  test.each(['', ' ', '\u200b', '\u3164\ufeff'])('for a label that shows nothing, %j', async (label) => {
    const labels = Array.from({ length: 10 }, (_, i) => (i === 3 ? label : `class ${i}`));
    const { code, message } = await failure(checkpoint, { ...OPTIONS, labels });
    expect(code).toBe('E_LABELS');
    expect(message).toContain('label 3 of 10 shows nothing');
  });

  test('for labels of another number', async () => {
    expect((await failure(checkpoint, { ...OPTIONS, labels: ['one'] })).code).toBe('E_LABELS');
  });
});

describe('config.txt', () => {
  test('gives omega0 and the stage', () => {
    expect(parseBiperConfig('2026-01-01\n\nmodel:  resnet20_1w1a\nfreq:  20.0\nstage2:  True\n', 'c')).toEqual({
      omega0: 20,
      isStage2: true,
    });
  });

  test('may say neither', () => {
    expect(parseBiperConfig('model:  x\r\n', 'c')).toEqual({});
  });

  test.each(['zero', '0', '-1', 'inf', ''])('is refused for freq "%s"', (freq) => {
    expect(() => parseBiperConfig(`freq:  ${freq}\n`, 'config.txt')).toThrow(/config\.txt: freq/);
  });
});

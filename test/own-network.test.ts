import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openImageSample, readNpy } from '@signwave/lab/node';
import { prepareImage } from '@signwave/runtime';
import { describe, expect, test } from 'vitest';
import { type FloatTensor, floatFile } from '../convert/test/checkpoints/build-safetensors.js';
import { EXAMPLE_IMAGES, ROOT, signwave, temporaryFolder } from './cli/signwave.js';
import { seededRandom } from './e2e/random-checkpoint.js';

const folder = temporaryFolder();
const IMAGES = 20;
const CLASSES = 10;
const EPSILON = 1e-5;

/** Computes the examples' networks on random tensors: PyTorch's layers on maps (C, H, W), as plain loops in binary64. */
class Plain {
  readonly tensors = new Map<string, FloatTensor>();
  readonly #random = seededRandom(12345);

  tensor(name: string, shape: readonly number[], size = 0.3, mean = 0): Float32Array {
    const known = this.tensors.get(name);
    if (known) return known.values;
    const elements = shape.reduce((product, side) => product * side, 1);
    const values = Float32Array.from({ length: elements }, () => mean + size * (2 * this.#random() - 1));
    this.tensors.set(name, { shape, values });
    return values;
  }

  norm(x: readonly number[], name: string, channels: number): number[] {
    const gamma = this.tensor(`${name}.weight`, [channels], 1, 0.3);
    const beta = this.tensor(`${name}.bias`, [channels]);
    const mean = this.tensor(`${name}.running_mean`, [channels]);
    const variance = this.tensor(`${name}.running_var`, [channels], 0.5, 1);
    const pixels = x.length / channels;
    return x.map((value, i) => {
      const c = Math.floor(i / pixels);
      return ((value - mean[c]!) / Math.sqrt(variance[c]! + EPSILON)) * gamma[c]! + beta[c]!;
    });
  }

  linear(x: readonly number[], name: string, outputs: number, quantize = (w: number): number => w): number[] {
    const weight = this.tensor(`${name}.weight`, [outputs, x.length], 0.1);
    const bias = this.tensor(`${name}.bias`, [outputs]);
    return Array.from(bias, (b, o) =>
      x.reduce((sum, value, i) => sum + value * quantize(weight[o * x.length + i]!), b),
    );
  }

  /** A 3 x 3 convolution with a pad of 1. @param x (channels, side, side). */
  conv(x: readonly number[], name: string, outputs: number, stride: number, isBinary = false): number[] {
    const channels = name === 'stem' ? 3 : 16;
    const side = Math.sqrt(x.length / channels);
    const taps = channels * 9;
    const weight = this.tensor(`${name}.weight`, [outputs, channels, 3, 3]);
    const out = side / stride;
    const y = new Array<number>(outputs * out * out).fill(0);
    for (let o = 0; o < outputs; o++) {
      const filter = weight.subarray(o * taps, (o + 1) * taps);
      const scale = filter.reduce((sum, w) => sum + Math.abs(w), 0) / taps;
      for (let at = 0; at < out * out; at++) {
        for (let tap = 0; tap < taps; tap++) {
          const row = Math.floor(at / out) * stride + (Math.floor(tap / 3) % 3) - 1;
          const column = (at % out) * stride + (tap % 3) - 1;
          if (row < 0 || column < 0 || row >= side || column >= side) continue;
          const value = x[(Math.floor(tap / 9) * side + row) * side + column]!;
          const product = isBinary ? Math.sign(value) * Math.sign(filter[tap]!) * scale : value * filter[tap]!;
          y[o * out * out + at]! += product;
        }
      }
    }
    return y;
  }
}

const hardtanh = (x: readonly number[]): number[] => x.map((value) => Math.min(1, Math.max(-1, value)));

function mlp(p: Plain, image: readonly number[]): number[] {
  const x = p.norm(p.linear(image, 'fc1', 64), 'bn1', 64);
  const y = p.norm(p.linear(x.map(Math.sign), 'fc2', 64, Math.sign), 'bn2', 64);
  return p.linear(hardtanh(y), 'fc3', CLASSES);
}

function smallCnn(p: Plain, image: readonly number[]): number[] {
  const x = p.norm(p.conv(image, 'stem', 16, 2), 'bn0', 16);
  const y = p.norm(p.conv(x, 'conv1', 16, 1, true), 'bn1', 16).map((value, i) => value + x[i]!);
  const slopes = p.tensor('prelu1.weight', [16]);
  const z = y.map((value, i) => (value < 0 ? value * slopes[Math.floor(i / 256)]! : value));
  const last = hardtanh(p.norm(p.conv(z, 'conv2', 32, 2, true), 'bn2', 32));
  const means = Array.from({ length: 32 }, (_, c) => last.slice(c * 64, (c + 1) * 64).reduce((a, b) => a + b, 0) / 64);
  p.tensor('ema.decay', []);
  return p.linear(means, 'fc', CLASSES);
}

/** Prepares the images as the examples' recipe does: (3, 32, 32), with ImageNet's mean and deviation. */
async function preparedImages(): Promise<number[][]> {
  const sample = await openImageSample(EXAMPLE_IMAGES, { limit: IMAGES });
  const recipe = { channelOrder: 'rgb', divisor: 255, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const images: number[][] = [];
  for (let n = 0; n < IMAGES; n++) {
    const bytes = prepareImage((await sample.read(n))!.image, recipe, 32, 32);
    const image = new Array<number>(3072);
    bytes.forEach((byte, i) => {
      const c = i % 3;
      const value = (byte / 255 - [0.485, 0.456, 0.406][c]!) / [0.229, 0.224, 0.225][c]!;
      image[c * 1024 + Math.floor(i / 3)] = Math.fround(value);
    });
    images.push(image);
  }
  return images;
}

describe.each([
  { file: 'mlp.mjs', forward: mlp, norm: 'bn1', channels: 64 },
  { file: 'small-cnn.json', forward: smallCnn, norm: 'bn0', channels: 16 },
])('the guide’s $file', ({ file, forward, norm, channels }) => {
  const definition = join(ROOT, 'examples/own-network', file);

  test('stands in the guide as it is', () => {
    expect(readFileSync(join(ROOT, 'docs/own-network.md'), 'utf8')).toContain(readFileSync(definition, 'utf8').trim());
  });

  test.each([
    { what: 'no dead channels', dead: 0 },
    { what: 'dead channels, whose sign is 0', dead: 3 },
  ])(
    'goes from a checkpoint to eval, with the logits of plain loops: $what',
    { timeout: 120_000 },
    async ({ dead }) => {
      const plain = new Plain();
      for (const part of dead > 0 ? ['weight', 'bias'] : []) {
        const values = plain.tensor(`${norm}.${part}`, [channels], 1, 0.3);
        for (let c = 0; c < dead; c++) values[c * 5] = 0;
      }
      const expected = (await preparedImages()).map((image) => forward(plain, image));
      const checkpoint = join(folder, `${file}.safetensors`);
      writeFileSync(checkpoint, floatFile(plain.tensors));
      const model = join(folder, `${file}.sgnw`);
      const logits = join(folder, `${file}.npy`);

      const converted = await signwave('convert', checkpoint, '-o', model, '--arch', definition);
      expect(converted.stderr).toContain(dead > 0 ? `${dead} input channels of 1 layer are always exactly` : '');
      if (dead === 0) {
        expect(converted.stderr).toMatch(file.endsWith('.mjs') ? /^.* is a program and is run, .*\n$/ : /^$/);
      }
      expect(converted.stdout).toContain('own ');
      const verified = await signwave(
        'verify',
        model,
        '--checkpoint',
        checkpoint,
        '--arch',
        definition,
        '--images',
        EXAMPLE_IMAGES,
        '--limit',
        '3',
      );
      expect(verified.stdout).toMatch(/0 of [\d,]+ bits differ, 0 of 3 outputs/);
      expect(verified.code).toBe(0);
      const evaluated = await signwave('eval', model, EXAMPLE_IMAGES, '--limit', String(IMAGES), '--logits', logits);
      expect(evaluated.stdout).toContain(`${IMAGES} images`);

      const { data } = await readNpy(logits, { types: ['<f4'], shape: [IMAGES, CLASSES] });
      const flipped = expected.filter((values, n) =>
        values.some((value, c) => Math.abs(value - data[n * CLASSES + c]!) > 1e-3),
      );
      // The order of sums may decide a sign that lies at its threshold.
      expect(flipped.length).toBeLessThanOrEqual(1);
    },
  );
});

describe('a network definition is refused', () => {
  const layers = (...list: object[]): string =>
    JSON.stringify({ name: 'n', classifier: 'fc', input: [32, 32, 3], layers: list });
  test.each([
    ['that is no JSON', 'a.json', '{', /a\.json is no JSON/],
    [
      'with an unknown layer',
      'b.json',
      layers({ op: 'transformer' }),
      /layers\[0\] has op "transformer"; known: floatConv/,
    ],
    [
      'with an unknown option',
      'c.json',
      layers({ op: 'relu', slope: 1 }),
      /layers\[0\] \(relu\) has the unknown key "slope"/,
    ],
    [
      'without an option that it needs',
      'd.json',
      layers({ op: 'floatConv', name: 'c', kernel: 3 }),
      /layers\[0\] \(floatConv\) needs outChannels, a number; found none/,
    ],
    [
      'with an unknown rule',
      'e.json',
      layers({ op: 'binaryConv', name: 'c', outChannels: 4, weights: 'best' }),
      /needs weights, one of biper/,
    ],
    [
      'with an operand that isn’t there',
      'f.json',
      layers({ op: 'add', from: ['input', 'x'] }),
      /takes "x", but no layer before/,
    ],
    [
      'whose maps don’t fit',
      'g.json',
      layers({ op: 'maxPool', window: 64 }, { op: 'floatLinear', name: 'fc', outputs: 10 }),
      /layers\[0\]: /,
    ],
    ['that is no module', 'h.mjs', 'export default', /h\.mjs can't be loaded/],
    ['that exports nothing', 'i.mjs', 'export const x = 1;', /exports no network/],
    [
      'that throws',
      'j.mjs',
      'export default { name: "n", classifier: "fc", build() { null.x; } };',
      /j\.mjs can't be built: Cannot read/,
    ],
    [
      'with another sign of 0',
      'm.mjs',
      'export default { name: "n", classifier: "fc", signOfZero: 2, build() {} };',
      /m\.mjs has signOfZero 2, which has to be 0, 1 or -1/,
    ],
    [
      'with a layer with another sign of 0',
      'n.json',
      layers({ op: 'sign', signOfZero: true }),
      /layers\[0\] \(sign\) needs signOfZero, 0, 1 or -1; found true/,
    ],
    ['with an unknown key', 'k.mjs', 'export default { name: "n", colour: 1 };', /unknown key "colour"/],
  ])('%s', async (_what, name, content, message) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const checkpoint = join(ROOT, 'examples/biper-resnet20-cifar10.pth');
    const { code, stderr } = await signwave('convert', checkpoint, '-o', join(folder, 'never.sgnw'), '--arch', path);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^E_NETWORK /m);
    expect(/is a program and is run/.test(stderr)).toBe(path.endsWith('.mjs'));
    expect(stderr).toMatch(message);
  });

  test('where the checkpoint has another shape, with both shapes', async () => {
    const path = join(folder, 'l.json');
    writeFileSync(path, layers({ op: 'floatConv', name: 'conv1', outChannels: 8, kernel: 3 }));
    const checkpoint = join(ROOT, 'examples/biper-resnet20-cifar10.pth');
    const { stderr } = await signwave('convert', checkpoint, '-o', join(folder, 'never.sgnw'), '--arch', path);
    expect(stderr).toMatch(/E_CHECKPOINT_ARCH.*"conv1\.weight" is \(16, 3, 3, 3\), expected \(8, 3, 3, 3\)/s);
  });
});

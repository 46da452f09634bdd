import { readFileSync } from 'node:fs';
import { type ByteSource, bytesSource, SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { MAX_PROTOBUF_FIELDS } from '../../src/checkpoints/limits.js';
import { MessageWriter } from '../../src/onnx/protobuf.js';
import { bytes } from './build.js';
import {
  type CaffeLayerSpec,
  caffeBlob,
  caffeModel,
  halfWaveLevels,
  packedVarints,
  useAlpha,
} from './build-caffemodel.js';

/** Written by python-caffemodel.py. */
const PYTHON = Buffer.from(
  JSON.parse(readFileSync(new URL('python-caffemodel.json', import.meta.url), 'utf8')) as string,
  'base64',
);

const open = (file: Uint8Array, name = 'net.caffemodel') => openCheckpoint(bytesSource(file, name));
const blob = (shape: readonly number[], ...values: number[]) => ({ shape, values: Float32Array.from(values) });

async function contents(file: Uint8Array) {
  const { tensors } = await open(file);
  const read: Record<string, readonly [shape: readonly number[], values: number[]]> = {};
  for (const [name, { shape, readF32 }] of tensors) read[name] = [shape, [...(await readF32())]];
  return read;
}

async function refusal(file: Uint8Array): Promise<{ code: string; message: string }> {
  const error: unknown = await open(file).then(
    () => expect.fail('it was read'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SignwaveError);
  return error as SignwaveError;
}

/** A file of one layer that has a blob with these bytes. */
function withBlob(content: Uint8Array): Uint8Array {
  const layer = new MessageWriter().string(1, 'conv1').string(2, 'Convolution').bytes(7, content).finish();
  return new MessageWriter().string(1, 'net').bytes(100, layer).finish();
}

describe('a Caffe model', () => {
  test('that Google’s protobuf wrote is read', async () => {
    expect(await contents(PYTHON)).toEqual({
      'conv1.weight': [
        [2, 1, 1, 2],
        [0.5, -1, 2, 0.25],
      ],
      'conv1.bias': [[2], [1, -1]],
      'bn1.running_mean': [[2], [1, 2].map((v) => Math.fround(v * Math.fround(1 / 3)))],
      'bn1.running_var': [[2], [3, 9].map((v) => Math.fround(v * Math.fround(1 / 3)))],
      'qt1.centers': [[3], [0.5, 1, 1.5]],
      'conv2.latent': [
        [1, 2, 1, 1],
        [0.5, -0.25],
      ],
      'fc.weight': [[1, 1], [2.5]],
    });
    const { container, metadata } = await open(PYTHON);
    expect([container, metadata.get('name')]).toEqual(['caffemodel', 'tiny']);
  });

  test('is known by its content, with and without a name of the network', async () => {
    const layer: CaffeLayerSpec = { name: 'fc', type: 'InnerProduct', blobs: [blob([1, 1], 2)] };
    for (const file of [caffeModel([layer]), caffeModel([layer], ''), caffeModel([layer]).subarray(5)]) {
      expect((await open(file, 'weights')).container).toBe('caffemodel');
    }
  });

  test('tells apart layers that use the same blobs differently', async () => {
    const use = async (type: string, options: CaffeLayerSpec['options'] = {}): Promise<string[]> =>
      Object.keys(await contents(caffeModel([{ name: 'l', type, blobs: [blob([1, 1], 2)], options }])));
    expect(await use('InnerProduct')).toEqual(['l.weight']);
    expect(await use('BinaryInnerProduct', { 148: useAlpha })).toEqual(['l.latent']);
    expect(await use('BinaryInnerProduct')).toEqual(['l.unscaled']);
    expect(await use('BinaryInnerProduct', { 148: new MessageWriter().int(2, 0).finish() })).toEqual(['l.weight']);
    expect(await use('LSTM')).toEqual(['l.blob0']);
  });

  test('shows an epsilon of a batch norm that isn’t Caffe’s own', async () => {
    const norm = (epsilon: number): CaffeLayerSpec => ({
      name: 'bn',
      type: 'BatchNorm',
      blobs: [blob([1], 4), blob([1], 6), blob([1], 2)],
      options: { 139: new MessageWriter().float(3, epsilon).finish() },
    });
    expect(await contents(caffeModel([norm(1e-5)]))).toEqual({
      'bn.running_mean': [[1], [2]],
      'bn.running_var': [[1], [3]],
    });
    expect(await contents(caffeModel([norm(0.5)]))).toHaveProperty(['bn.eps'], [[], [0.5]]);
  });

  test('whose batch norm has seen no image has statistics of 0, as in Caffe', async () => {
    const layer = { name: 'bn', type: 'BatchNorm', blobs: [blob([1], 4), blob([1], 6), blob([1], 0)] };
    expect(await contents(caffeModel([layer]))).toEqual({
      'bn.running_mean': [[1], [0]],
      'bn.running_var': [[1], [0]],
    });
  });

  test('shows the levels of half-wave quantizers and of no others', async () => {
    const quantizer = (options: Uint8Array): CaffeLayerSpec => ({
      name: 'qt',
      type: 'Quant',
      options: { 149: options },
    });
    const fc: CaffeLayerSpec = { name: 'fc', type: 'InnerProduct', blobs: [blob([1, 1], 2)] };
    const names = async (options: Uint8Array) => Object.keys(await contents(caffeModel([quantizer(options), fc])));
    expect(await names(halfWaveLevels(0.5, 1))).toEqual(['qt.centers', 'fc.weight']);
    expect(await names(new MessageWriter().string(1, 'sign').float(6, 1).finish())).toEqual(['fc.weight']);
    expect(await names(new MessageWriter().float(4, 0.5).float(6, 1).finish())).toEqual(['fc.weight']);
  });
});

describe('a Caffe model is refused', () => {
  test.each<[why: string, file: Uint8Array, message: RegExp]>([
    [
      'with layers of the kind before 2015',
      new MessageWriter().string(1, 'net').bytes(2, bytes(0)).finish(),
      /upgrade_net_proto_binary/,
    ],
    [
      'with a blob without a shape',
      withBlob(new MessageWriter().bytes(5, new Uint8Array(4)).finish()),
      /of before 2015.*upgrade_net_proto_binary/,
    ],
    [
      'with fewer values than the shape says',
      withBlob(caffeBlob(packedVarints([2, 3]), new Uint8Array(20))),
      /shape \(2, 3\) needs 24 bytes, but has 20/,
    ],
    [
      'with a shape that no file could fill',
      withBlob(caffeBlob(packedVarints([2 ** 40, 2 ** 40]), new Uint8Array(4))),
      /needs .* bytes, but has 4/,
    ],
    [
      'with a negative side',
      withBlob(caffeBlob(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1), new Uint8Array(4))),
      /negative or too long/,
    ],
    [
      'with values in two pieces',
      withBlob(bytes(caffeBlob(packedVarints([1]), new Uint8Array(4)), 0x2a, 0)),
      /several pieces/,
    ],
    ['with too many axes', withBlob(caffeBlob(new Uint8Array(65).fill(1), new Uint8Array(4))), /more than 64/],
    [
      'with a field beyond its layer',
      bytes(0x0a, 1, 'n', 0xa2, 6, 3, 0x0a, 9, 'a'),
      /ends at 17, beyond what it is part of/,
    ],
    ['with a field of a group', bytes(0x0a, 1, 'n', 0xa2, 6, 1, 0x0b), /wire type 3/],
    ['with field 0', bytes(0x0a, 1, 'n', 0xa2, 6, 2, 0x02, 0), /field 0/],
    [
      'with a number without an end',
      bytes(0x0a, 1, 'n', 0xa2, 6, 11, new Uint8Array(11).fill(0xff)),
      /more than 10 bytes/,
    ],
    ['with a text as a layer’s number', bytes(0x0a, 1, 'n', 0xa2, 6, 2, 0x08, 1), /no message/],
    ['with a name longer than any', caffeModel([{ name: 'x'.repeat(2000), type: '' }]), /2000 bytes, more than 1024/],
    [
      'with two layers of a name',
      caffeModel([1, 2].map((v) => ({ name: 'fc', type: 'InnerProduct', blobs: [blob([1], v)] }))),
      /"fc\.weight" twice/,
    ],
  ])('%s', async (_, file, message) => {
    const { code, message: found } = await refusal(file);
    expect(code).toBe('E_CHECKPOINT_STRUCTURE');
    expect(found).toMatch(message);
    expect(found).toContain('net.caffemodel');
  });

  test('without weights', async () => {
    const { code, message } = await refusal(caffeModel([{ name: 'data', type: 'Input' }]));
    expect([code, message]).toEqual(['E_CHECKPOINT_KIND', expect.stringContaining('1 layers without weights')]);
  });

  test('with more fields than any network has, before much time is lost', { timeout: 20_000 }, async () => {
    const fields = new Uint8Array(2 * (MAX_PROTOBUF_FIELDS + 1));
    for (let i = 0; i < fields.length; i += 2) fields[i] = 0x48;
    const start = performance.now();
    const { message } = await refusal(new MessageWriter().string(1, 'net').bytes(100, fields).finish());
    expect(message).toContain(`more than ${MAX_PROTOBUF_FIELDS} fields`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

test('opening a Caffe model skips its weights', async () => {
  const weights = { shape: [512, 1024], values: new Float32Array(512 * 1024).fill(1) };
  const file = caffeModel(
    Array.from({ length: 20 }, (_, i) => ({ name: `fc${i}`, type: 'InnerProduct', blobs: [weights] })),
  );
  const source = bytesSource(file, 'net.caffemodel');
  let read = 0;
  const counting: ByteSource = {
    ...source,
    name: source.name,
    sizeBytes: source.sizeBytes,
    read: (start, count) => {
      read += count;
      return source.read(start, count);
    },
  };
  expect((await openCheckpoint(counting)).tensors.size).toBe(20);
  expect(read).toBeLessThan(file.length / 40);
});

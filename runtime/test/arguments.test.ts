import vm from 'node:vm';
import type { SignwaveError } from '@signwave/format';
import { beforeAll, describe, expect, test } from 'vitest';
import { load, type Model, prepareImage } from '../src/index.js';
import { tinyModel } from './web/tiny-model.js';

let model: Model;
beforeAll(async () => {
  model = await load(tinyModel());
});

const bytes = (): Uint8Array => Uint8Array.from({ length: 48 }, (_, i) => (i * 53) & 255);
const floats = (): Float32Array => Float32Array.from(bytes(), (byte) => byte / 255);
const image = () => ({ width: 4, height: 4, channels: 3, data: bytes() }) as const;
const rgba = () =>
  Uint8ClampedArray.from({ length: 64 }, (_, i) => (i % 4 === 3 ? 255 : bytes()[(i >> 2) * 3 + (i % 4)]!));
const elsewhere = (code: string): never =>
  vm.runInNewContext(code, { bytes: bytes(), floats: floats(), rgba: rgba() }) as never;

function failure(action: () => unknown): SignwaveError {
  try {
    action();
  } catch (error) {
    return error as SignwaveError;
  }
  return expect.fail('nothing was thrown');
}

describe('classify', () => {
  test.each<[string, () => unknown]>([
    ['what a canvas gives', () => ({ width: 4, height: 4, data: rgba() })],
    [
      'what a canvas of another page gives',
      () => elsewhere('({ width: 4, height: 4, data: new Uint8ClampedArray(rgba) })'),
    ],
    ['RGB without channels', () => ({ width: 4, height: 4, data: bytes() })],
    ['a slice of a Buffer', () => ({ ...image(), data: Buffer.concat([Buffer.alloc(9), bytes()]).subarray(9) })],
  ])('takes %s', (_, given) => {
    expect(model.classify(given() as never)).toEqual(model.classify(image()));
  });

  test('reads the channels of gray pixels from their number', () => {
    const data = bytes().subarray(0, 16);
    expect(model.classify({ width: 4, height: 4, data })).toEqual(
      model.classify({ width: 4, height: 4, channels: 1, data }),
    );
  });

  test.each<[string, unknown, RegExp]>([
    ['null', null, /got null/],
    ['undefined', undefined, /got undefined/],
    [
      'pixels without a size',
      bytes(),
      /expected an ImageData or \{ width, height, channels, data \}, got a Uint8Array/,
    ],
    ['floats', { ...image(), data: floats() }, /data of the image is a Float32Array; expected bytes from 0 to 255/],
    ['floats of another page', { ...image(), data: elsewhere('new Float32Array(floats)') }, /is a Float32Array/],
    ['16 bits', { ...image(), data: new Uint16Array(48) }, /is a Uint16Array/],
    ['signed bytes', { ...image(), data: new Int8Array(48) }, /is an Int8Array/],
    ['an array', { ...image(), data: Array.from(bytes()) }, /is an Array/],
    ['a buffer', { ...image(), data: bytes().buffer }, /is an ArrayBuffer/],
    ['null for data', { ...image(), data: null }, /data of the image is null/],
    [
      'too few bytes',
      { ...image(), data: bytes().subarray(1) },
      /4 x 4 pixels with 3 channels has 47 bytes, expected 48/,
    ],
    ['a length of no channels', { width: 4, height: 4, data: bytes().subarray(1) }, /with 2\.9375 channels/],
    ['two channels', { ...image(), channels: 2, data: new Uint8Array(32) }, /with 2 channels was given/],
    ['a size as text', { ...image(), width: '4' }, /"4" x 4 pixels/],
    ['no width', { height: 4, data: bytes() }, /undefined x 4 pixels/],
  ])('refuses %s', (_, given, message) => {
    expect(failure(() => model.classify(given as never))).toMatchObject({
      code: 'E_INPUT_SHAPE',
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, unknown, RegExp]>([
    ['a number in place of options', 3, /classify takes an object of options \(topK\), got 3/],
    ['null', null, /got null/],
    ['a misspelt option', { topk: 3 }, /classify has no option "topk"; it has topK/],
    ['more classes than there are', { topK: 99 }, /topK: expected a whole number from 1 to 3, got 99/],
    ['no class', { topK: 0 }, /got 0/],
    ['a class and a half', { topK: 1.5 }, /got 1\.5/],
    ['text', { topK: '2' }, /got "2"/],
    ['NaN', { topK: Number.NaN }, /got NaN/],
  ])('refuses %s', (_, options, message) => {
    expect(failure(() => model.classify(image(), options as never))).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(message),
    });
  });

  test('prepareImage, which takes what a decoder gives, refuses an image without channels rather than to read it wrongly', () => {
    const { recipe } = model.input;
    expect(failure(() => prepareImage({ width: 4, height: 4, data: rgba() } as never, recipe!, 4, 4))).toMatchObject({
      code: 'E_INPUT_SHAPE',
    });
  });

  test('takes options that are undefined for none', () => {
    expect(model.classify(image(), { topK: undefined } as never)).toHaveLength(3);
    expect(failure(() => model.rank(Float32Array.of(1, 2), 3))).toMatchObject({ code: 'E_USAGE' });
  });
});

describe('run, runBatch and profile', () => {
  test('take inputs of another page for what they are', () => {
    expect(model.run(elsewhere('new Uint8Array(bytes)'))).toEqual(model.run(bytes()));
    expect(model.run(elsewhere('new Float32Array(floats)'))).toEqual(model.run(floats()));
    expect(model.runBatch([elsewhere('new Float32Array(floats)'), bytes()])).toEqual([
      model.run(floats()),
      model.run(bytes()),
    ]);
    expect(model.runBatch(elsewhere('[new Uint8Array(bytes)]'))).toEqual([model.run(bytes())]);
    expect(model.runBatch([])).toEqual([]);
  });

  test.each<[string, unknown, RegExp]>([
    ['null', null, /tiny takes bytes from 0 to 255 \(Uint8Array\) or preprocessed floats \(Float32Array\), got null/],
    ['doubles', new Float64Array(48), /got a Float64Array/],
    ['an array', Array.from(floats()), /got an Array/],
    ['a buffer', bytes().buffer, /got an ArrayBuffer/],
    ['an image', { ...image() }, /got an Object; classify\(\) takes images/],
    ['text', 'model.sgnw', /got "model\.sgnw"/],
    ['another length', new Uint8Array(47), /4 x 4 x 3 = 48 bytes, it was given 47/],
  ])('refuse %s', (_, input, message) => {
    for (const action of [
      () => model.run(input as never),
      () => model.runBatch([bytes(), input as never]),
      () => model.profile(input as never),
    ]) {
      expect(failure(action)).toMatchObject({ code: 'E_INPUT_SHAPE', message: expect.stringMatching(message) });
    }
  });

  test('refuse an input in place of a batch, and repeats that are no count', () => {
    expect(failure(() => model.runBatch(bytes() as never)).message).toMatch(/an array of inputs, got a Uint8Array/);
    for (const repeats of [0, -1, 1.5, '3', Number.POSITIVE_INFINITY]) {
      expect(failure(() => model.profile(bytes(), { repeats: repeats as never }))).toMatchObject({ code: 'E_USAGE' });
    }
    expect(failure(() => model.profile(bytes(), 3 as never)).message).toMatch(/profile takes an object of options/);
  });

  test('leave the caller its memory', () => {
    const [input, picture] = [bytes(), image()];
    model.run(input);
    model.classify(picture);
    expect([input, picture.data]).toEqual([bytes(), bytes()]);
  });
});

describe('load', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'a misspelt option',
      { thread: 2 },
      /load has no option "thread"; it has kernels, threads, tune, maxMemoryBytes, wasm, name, signal/,
    ],
    ['an option of another object', { constructor: 2 }, /has no option "constructor"/],
    ['threads as text', { threads: '2' }, /threads: expected "auto" or a whole number from 1 to 64, got "2"/],
    ['half a thread', { threads: 0.5 }, /got 0\.5/],
    ['kernels that there aren’t', { kernels: 'fast' }, /kernels: expected "auto" or "simd" or "scalar", got "fast"/],
    ['tune as text', { tune: 'no' }, /tune: expected true or false, got "no"/],
    ['a name that is none', { name: 5 }, /name: expected a string, got 5/],
    [
      'a controller in place of its signal',
      { signal: new AbortController() },
      /signal: expected an AbortSignal, got an AbortController/,
    ],
    ['null for a signal', { signal: null }, /got null/],
    ['wasm of another name', { wasm: { smid: 'a' } }, /wasm has no option "smid"; it has simd, scalar, threads/],
    ['wasm by itself', { wasm: null }, /wasm takes an object of options .* got null/],
    ['a number', 2, /load takes an object of options .* got 2/],
    ['null', null, /got null/],
    ['a list', [], /got an Array/],
  ])('refuses %s', async (_, options, message) => {
    const error: unknown = await load(tinyModel(), options as never).catch((it) => it);
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(message) });
  });

  test('takes options that are undefined for none', async () => {
    const none = {
      threads: undefined,
      kernels: undefined,
      wasm: undefined,
      name: undefined,
      signal: undefined,
      tune: undefined,
    };
    expect((await load(tinyModel(), none as never)).info().threads).toBe(1);
  });
});

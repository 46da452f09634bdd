import { f32Tensor, GraphBuilder, type Model as ModelFile, type SignwaveError, writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { load } from '../src/index.js';
import { randomBits, randomTensor, seededRandom } from './random-graph.js';

const RECIPE = { channelOrder: 'rgb', divisor: 255, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
const LABELS = ['ant', 'bee', 'cow'];

function modelFile(options: { recipe?: boolean; labels?: boolean } = {}): Uint8Array {
  const { recipe = true, labels = true } = options;
  const random = seededRandom(5);
  const g = new GraphBuilder();
  let x = g.input({ height: 8, width: 6, channels: 3 }, recipe ? RECIPE : undefined);
  x = g.conv(x, randomTensor(random, [16, 3, 3, 3]), { pad: 1, name: 'stem' });
  x = g.conv(g.sign(x), randomBits(random, [16, 3, 3, 16]), { pad: 1, name: 'body' });
  x = g.globalAvgPool(g.affine(x, new Float32Array(16).fill(0.1)));
  g.linear(
    x,
    f32Tensor(
      [3, 1, 1, 16],
      Float32Array.from({ length: 48 }, () => random() - 0.5),
    ),
    { name: 'head' },
  );
  const info: ModelFile['info'] = {
    name: 'tiny',
    architecture: 'tiny',
    method: 'test',
    writer: 'test',
    accuracy: [],
    ...(labels && { labels: LABELS }),
  };
  return writeModel({ info, graph: g.build() });
}

const image = Uint8Array.from({ length: 8 * 6 * 3 }, (_, i) => (i * 37) & 255);

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    return (error as SignwaveError).code;
  }
  return 'no error';
}

describe('a model', () => {
  test('is loaded from bytes, an ArrayBuffer, a Blob, a Response, or a promise of one alike', async () => {
    const bytes = modelFile();
    const copy = bytes.slice();
    const expected = (await load(bytes)).run(image);
    for (const source of [copy.buffer, new Blob([copy]), new Response(copy), Promise.resolve(new Response(copy))]) {
      expect((await load(source)).run(image)).toEqual(expected);
    }
  });

  test('gives the same result for bytes and for the floats of the recipe', async () => {
    const model = await load(modelFile());
    const floats = Float32Array.from(image, (b) => Math.fround(Math.fround(Math.fround(b / 255) - 0.5) / 0.25));
    expect(model.run(floats)).toEqual(model.run(image));
  });

  test('runs a batch like single runs', async () => {
    const model = await load(modelFile());
    const other = image.map((byte) => 255 - byte);
    expect(model.runBatch([image, other, image])).toEqual([model.run(image), model.run(other), model.run(image)]);
  });

  test('returns results of their own, which a later run doesn’t change', async () => {
    const model = await load(modelFile());
    const first = model.run(image);
    const copy = first.slice();
    model.run(image.map((byte) => 255 - byte));
    expect(first).toEqual(copy);
  });

  test('classifies in falling order, with probabilities that sum to 1', async () => {
    const model = await load(modelFile());
    const predictions = model.classify({ width: 6, height: 8, channels: 3, data: image });
    expect(predictions.map(({ label }) => label).sort()).toEqual(LABELS);
    expect(predictions[0]!.probability).toBeGreaterThanOrEqual(predictions[1]!.probability);
    expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    expect(model.classify({ width: 6, height: 8, channels: 3, data: image }, { topK: 1 })).toEqual(
      predictions.slice(0, 1),
    );
  });

  test('ranks equal logits by index, and names classes where the file has no labels', async () => {
    const model = await load(modelFile({ labels: false }));
    expect(model.rank(Float32Array.of(1, 2, 2)).map(({ label }) => label)).toEqual(['class 1', 'class 2', 'class 0']);
  });

  test('tells its plan, its kernels and how long each step takes', async () => {
    const model = await load(modelFile());
    expect(model.plan().map(({ name }) => name)).toContain('body + affine');
    expect(model.plan().find(({ name }) => name.startsWith('body'))).toMatchObject({
      kernel: 'convLut',
      isBinary: true,
    });
    expect(model.info()).toMatchObject({ kernels: 'simd', kernelsReason: 'the engine has SIMD', threads: 1 });
    const profile = model.profile(image, { repeats: 3 });
    expect(profile).toHaveLength(model.plan().length);
    expect(profile.every(({ medianMs }) => medianMs >= 0)).toBe(true);
  });

  test('gives the same result after a trial of kernels', async () => {
    const tuned = await load(modelFile(), { tune: true });
    expect(tuned.run(image)).toEqual((await load(modelFile())).run(image));
    const scalar = await load(modelFile(), { tune: true, kernels: 'scalar' });
    expect(scalar.run(image)).toEqual(tuned.run(image));
  });

  test('runs on scalar kernels when asked to, with the same bits', async () => {
    const scalar = await load(modelFile(), { kernels: 'scalar' });
    expect(scalar.info()).toMatchObject({ kernels: 'scalar', kernelsReason: '"scalar" was asked for' });
    expect(scalar.run(image)).toEqual((await load(modelFile())).run(image));
  });
});

test('an image of any size is classified, by a model whose recipe has no resize, too', async () => {
  const model = await load(modelFile());
  const small = { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(7) } as const;
  const fitting = { width: 6, height: 8, channels: 3, data: new Uint8Array(144).fill(7) } as const;
  expect(model.classify(small)).toEqual(model.classify(fitting));
});

describe('a model refuses', () => {
  test('inputs of another length', async () => {
    const model = await load(modelFile());
    expect(() => model.run(new Uint8Array(10))).toThrow(/tiny takes 8 x 6 x 3 = 144 bytes, it was given 10/);
    expect(() => model.run(new Float32Array(10))).toThrow(/144 floats/);
  });

  test('bytes where it has no recipe', async () => {
    const model = await load(modelFile({ recipe: false }));
    expect(await codeOf(() => model.run(image))).toBe('E_INPUT_SHAPE');
    expect(await codeOf(() => model.classify({ width: 6, height: 8, channels: 3, data: image }))).toBe('E_INPUT_SHAPE');
    expect(model.run(new Float32Array(144))).toHaveLength(3);
  });

  test('every call after dispose, and dispose itself may be called twice', async () => {
    const model = await load(modelFile());
    model.dispose();
    model.dispose();
    for (const call of [() => model.run(image), () => model.plan(), () => model.profile(image), () => model.info()]) {
      expect(await codeOf(call)).toBe('E_DISPOSED');
    }
  });

  test('a file of 2 GB before it is read, and an answer that announces as much', async () => {
    const refused = {
      code: 'E_IO',
      message: expect.stringMatching(/larger than 1073741824 bytes.*has to be converted/),
    };
    const file = Object.defineProperties(new Blob(), {
      size: { value: 2 ** 31 },
      arrayBuffer: { value: () => Promise.reject(new Error('was read')) },
    });
    expect(await load(file).catch((error: unknown) => error)).toMatchObject(refused);
    const answer = new Response('starts', { headers: { 'content-length': String(2 ** 31) } });
    expect(await load(answer).catch((error: unknown) => error)).toMatchObject(refused);
  });

  test('an answer that is cut', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(modelFile().slice(0, 100));
        controller.error(new TypeError('terminated'));
      },
    });
    expect(await codeOf(() => load(new Response(body)))).toBe('E_IO');
  });

  test('a file that isn’t a model, an answer that isn’t the file, an address that can’t be reached', async () => {
    expect(await codeOf(() => load(new TextEncoder().encode('<!doctype html>')))).toBe('E_FORMAT_KIND');
    expect(await codeOf(() => load(new Response('no', { status: 404 })))).toBe('E_IO');
    expect(await codeOf(() => load('http://127.0.0.1:9/model.sgnw'))).toBe('E_IO');
  });
});

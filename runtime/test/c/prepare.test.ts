import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphBuilder, type InputNode, type InputRecipe, type Model } from '@signwave/format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportC } from '../../src/c/export-c.js';
import { prepareImage } from '../../src/index.js';
import { randomBits, seededRandom } from '../random-graph.js';

// These tests compile the example program of an export, with its prepare.c, on this machine. A stub that records the images replaces the
// model, so that compiling takes little time; conformance/scripts/check-c.mjs compiles everything.

const STUB = `#include <stdio.h>
#include "signwave.h"
const char *const signwave_labels[SIGNWAVE_OUTPUTS] = {"cat"};
void signwave_load(void) {}
void signwave_run(const signwave_input *image, float *outputs) {
  FILE *file = fopen("prepared", "ab");
  fwrite(image, sizeof *image, SIGNWAVE_INPUTS, file);
  fclose(file);
  for (int i = 0; i < SIGNWAVE_OUTPUTS; i++) outputs[i] = (float)-i;
}
`;

interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

const COMPILER = process.env.CC ?? 'gcc';
const hasCompiler = spawnSync(COMPILER, ['--version']).status === 0;
if (!hasCompiler && process.env.CI) {
  throw new Error(`${COMPILER} is missing, and CI is set: tests that need it must not be skipped`);
}
if (!hasCompiler) console.warn(`skipped: tests of the exported C program, since there is no ${COMPILER}`);

const folder = mkdtempSync(join(tmpdir(), 'signwave-c-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function modelOf(height: number, width: number, { channelOrder = 'rgb', resize }: Partial<InputRecipe>): Model {
  const channels = channelOrder === 'gray' ? 1 : 3;
  const numbers = { divisor: 255, mean: Array(channels).fill(0), std: Array(channels).fill(1) };
  const g = new GraphBuilder();
  const x = g.input({ height, width, channels }, { channelOrder, ...numbers, ...(resize && { resize }) });
  g.globalAvgPool(g.conv(g.sign(x), randomBits(seededRandom(5), [16, 3, 3, channels]), { pad: 1 }));
  return { info: { name: 'c', architecture: 'c', method: 'c', writer: 'c', accuracy: [] }, graph: g.build() };
}

async function compile(model: Model): Promise<void> {
  const files = await exportC(model);
  const prepare = ['prepare.c', 'prepare-square.c'].find((name) => files.has(name))!;
  for (const name of [prepare, 'classify.c', 'pixels.h', 'exact.h', 'signwave.h', 'model.h'])
    writeFileSync(join(folder, name), files.get(name)!);
  writeFileSync(join(folder, 'stub.c'), STUB);
  const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-type-limits'];
  const sources = [prepare, 'classify.c', 'stub.c'];
  execFileSync(COMPILER, ['-std=c11', ...warnings, ...sources, '-o', 'classify', '-lm'], { cwd: folder });
}

function classify(...paths: readonly string[]) {
  return spawnSync(join(folder, 'classify'), paths, { cwd: folder, encoding: 'utf8' });
}

function writeNetpbm({ width, height, channels, data }: Image, name: string): string {
  const header = Buffer.from(`P${channels === 3 ? 6 : 5}\n${width} ${height}\n255\n`);
  writeFileSync(join(folder, name), Buffer.concat([header, data]));
  return name;
}

/** Runs the program. @returns the bytes of what signwave_run got, image by image. */
function preparedBy(images: readonly Image[]): { bytes: Buffer; stderr: string } {
  rmSync(join(folder, 'prepared'), { force: true });
  const { status, stderr } = classify(...images.map((image, index) => writeNetpbm(image, `${index}.ppm`)));
  expect(status, stderr).toBe(0);
  return { bytes: readFileSync(join(folder, 'prepared')), stderr };
}

const random = seededRandom(11);
const SIZES: readonly [width: number, height: number][] = [
  [32, 32],
  [28, 32],
  [28, 20],
  [20, 28],
  [40, 23],
  [11, 64],
  [64, 11],
  [5, 6],
  [33, 32],
  [33, 35],
  [31, 30],
  [1, 1],
  [1, 2000],
  [2000, 1],
  [301, 300],
];
const IMAGES: readonly Image[] = SIZES.flatMap(([width, height]) =>
  ([1, 3] as const).map((channels) => {
    const data = Uint8Array.from({ length: width * height * channels }, () => Math.floor(random() * 256));
    return { width, height, channels, data };
  }),
);

/** Computes the default recipe by its definition: resizes to the smallest size that covers the input, and crops the centre. */
function covered(image: Image, recipe: InputRecipe, height: number, width: number): Uint8Array {
  const isNarrow = image.width * height <= image.height * width;
  const newWidth = isNarrow ? width : Math.max(width, Math.trunc((height * image.width) / image.height));
  const newHeight = isNarrow ? Math.max(height, Math.trunc((width * image.height) / image.width)) : height;
  const stretch: InputRecipe = { ...recipe, resize: { mode: 'stretch', sizePixels: 0, interpolation: 'bilinear' } };
  const resized = prepareImage(image, stretch, newHeight, newWidth);
  const channels = recipe.channelOrder === 'gray' ? 1 : 3;
  const half = (margin: number) => Math.floor(margin / 2) + Number(margin % 4 === 3);
  const [top, left] = [half(newHeight - height), half(newWidth - width)];
  return Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const [y, x] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width];
    return resized[((top + y) * newWidth + left + x) * channels + (i % channels)]!;
  });
}

describe.runIf(hasCompiler)(
  'the exported C program makes of images of any size the bytes that prepareImage makes',
  () => {
    const kinds: readonly [string, Partial<InputRecipe>][] = [
      ['bilinear', {}],
      ['bicubic', { channelOrder: 'bgr' }],
      ['bilinear', { channelOrder: 'gray' }],
    ];
    const resizes = kinds.flatMap(([interpolation, recipe]) => [
      { ...recipe, resize: { mode: 'stretch', sizePixels: 0, interpolation } },
      { ...recipe, resize: { mode: 'shorterSide', sizePixels: 37, interpolation } },
    ]) as Partial<InputRecipe>[];
    test.each(resizes)('by the recipe %j', async (recipe) => {
      const model = modelOf(32, 28, recipe);
      await compile(model);
      const { recipe: complete } = model.graph.nodes[0] as { recipe: InputRecipe };
      const { bytes, stderr } = preparedBy(IMAGES);
      const expected = IMAGES.map((image) => prepareImage(image, complete, 32, 28) as Uint8Array);
      expect(bytes.equals(Buffer.concat(expected))).toBe(true);
      expect(stderr).toBe('');
    });

    test.each([
      [32, 32, 'rgb'],
      [32, 28, 'bgr'],
      [20, 28, 'gray'],
    ] as const)(
      'by a recipe without resize for %i x %i pixels, %s, and says so once',
      async (height, width, channelOrder) => {
        const model = modelOf(height, width, { channelOrder });
        await compile(model);
        const { recipe } = model.graph.nodes[0] as { recipe: InputRecipe };
        const { bytes, stderr } = preparedBy(IMAGES);
        expect(bytes.equals(Buffer.concat(IMAGES.map((image) => covered(image, recipe, height, width))))).toBe(true);
        expect(stderr).toBe(
          `images of another size than ${width}x${height} are scaled to cover it, then their centre is cut out: the model's recipe names no resize\n`,
        );
        const fitting = IMAGES.filter((image) => image.width === width && image.height === height);
        expect(preparedBy(fitting).stderr).toBe('');
      },
    );

    test.each(['rgb', 'bgr', 'gray'] as const)(
      'and the bits of its floats, where it resizes as TensorFlow, %s',
      async (channelOrder) => {
        const resize = { mode: 'centreSquare', sizePixels: 0, interpolation: 'bicubic' } as const;
        const model = modelOf(32, 28, { channelOrder, resize });
        const input = model.graph.nodes[0] as { recipe: InputRecipe };
        const channels = channelOrder === 'gray' ? 1 : 3;
        const numbers = {
          divisor: 127.5,
          mean: [1, 0.9, 1.1].slice(0, channels),
          std: [1, 0.3, 2.1].slice(0, channels),
        };
        const recipe: InputRecipe = { ...input.recipe, ...numbers };
        const [first, ...nodes] = model.graph.nodes;
        await compile({ ...model, graph: { ...model.graph, nodes: [{ ...(first as InputNode), recipe }, ...nodes] } });
        const expected = IMAGES.map((image) => prepareImage(image, recipe, 32, 28) as Float32Array);
        expect(preparedBy(IMAGES).bytes.equals(Buffer.concat(expected.map(({ buffer }) => Buffer.from(buffer))))).toBe(
          true,
        );
      },
    );

    test('of a strip that is twenty thousand times as long as it is wide', async () => {
      const model = modelOf(8, 8, { resize: { mode: 'shorterSide', sizePixels: 9, interpolation: 'bilinear' } });
      await compile(model);
      const { recipe } = model.graph.nodes[0] as { recipe: InputRecipe };
      const data = Uint8Array.from({ length: 60_000 }, (_, i) => i % 251);
      const strip = { width: 1, height: 20_000, channels: 3, data } as const;
      expect([...preparedBy([strip]).bytes]).toEqual([...prepareImage(strip, recipe, 8, 8)]);
    });
  },
);

describe.runIf(hasCompiler)('the exported C program ends with status 1 and a message', () => {
  beforeAll(() =>
    compile(modelOf(8, 8, { resize: { mode: 'shorterSide', sizePixels: 9, interpolation: 'bilinear' } })),
  );

  test.each<[string, string | undefined, RegExp]>([
    ['that is not there', undefined, /No such file/],
    ['that is a PNG, and says what to do', '\x89PNG\r\n', /no binary PPM .*convert/],
    ['that is cut short', 'P6 32 32 255\nabc', /3072 bytes of pixels .* cut short after 3/],
    ['that is too large', 'P6 4294967297 1 255\nabc', /at most 32768 x 32768/],
    ['that has 16 bits a sample', 'P6 1 1 65535\nabcdef', /8 bits a sample/],
    ['that is empty', '', /no binary PPM/],
    ['of no pixels', 'P6 0 4 255\n', /no binary PPM/],
    ['without numbers', 'P6 # only a comment', /no binary PPM/],
    ['that is text', 'P3 1 1 255 0 0 0', /no binary PPM/],
  ])('for an image %s', (_, content, message) => {
    const path = join(folder, 'wrong.ppm');
    rmSync(path, { force: true });
    if (content !== undefined) writeFileSync(path, content, 'latin1');
    const { status, stderr, stdout } = classify(path);
    expect({ status, stderr, stdout }).toEqual({ status: 1, stderr: expect.stringMatching(message), stdout: '' });
    expect(stderr).toContain('wrong.ppm');
  });

  test('for one image of several, and classifies the others', () => {
    const good = writeNetpbm(IMAGES[0]!, 'good.ppm');
    const { status, stderr, stdout } = classify('none.ppm', good);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('none.ppm') });
    expect(stdout).toMatch(/^good\.ppm\n {2}.*% {2}cat/);
  });

  test('without an image', () => {
    expect(classify()).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage: .*IMAGE\.ppm/) });
  });
});

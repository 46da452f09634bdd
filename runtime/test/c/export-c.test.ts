import { GraphBuilder, type InputRecipe, type Model } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { exportC } from '../../src/c/export-c.js';
import { type KernelCall, recordCalls } from '../../src/c/record-calls.js';
import { createEngine } from '../../src/engine/engine.js';
import { Executable } from '../../src/engine/executable.js';
import { WASM_KERNELS } from '../../src/kernels/generated/records.js';
import { makePlan } from '../../src/plan/make-plan.js';
import { randomBits, randomGraph, seededRandom } from '../random-graph.js';

const RECIPE: InputRecipe = { channelOrder: 'rgb', divisor: 255, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

function tiny(options: { recipe?: InputRecipe; labels?: string[]; name?: string; licence?: string } = {}): Model {
  const { recipe, name = 'tiny', labels, licence } = options;
  const g = new GraphBuilder();
  const x = g.input({ height: 8, width: 6, channels: 3 }, recipe);
  g.globalAvgPool(g.conv(g.sign(x), randomBits(seededRandom(5), [16, 3, 3, 3]), { pad: 1 }));
  const info = { name, architecture: 'tiny', method: 'test', writer: 'test', accuracy: [] };
  return { info: { ...info, ...(labels && { labels }), ...(licence && { licence }) }, graph: g.build() };
}

describe('what a recording says is what a model does:', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'calling its kernels on its memory gives the output of random graph %i',
    async (seed) => {
      const graph = randomGraph(seededRandom(seed));
      const info = tiny().info;
      const { memory, load, floatsInput, steps, stagingAddress, outputAddress, output } = await recordCalls({
        info,
        graph,
      });

      const engine = await createEngine('simd');
      const executable = new Executable(makePlan(graph, true), engine);
      const { height, width, channels } = executable.plan.shapes[0]!;
      const input = Float32Array.from({ length: height * width * channels }, (_, i) => Math.sin(i * 7));
      executable.setInput(input);
      executable.execute();

      const { exports, memory: replayed } = await createEngine('simd');
      const call = ({ kernel, recordAddress }: KernelCall): void => {
        exports[kernel](recordAddress);
      };
      replayed.grow((memory.length - replayed.buffer.byteLength) / 65_536);
      const bytes = new Uint8Array(replayed.buffer);
      bytes.set(memory);
      for (const it of load) call(it);
      bytes.set(new Uint8Array(input.buffer), stagingAddress);
      for (const it of [floatsInput, ...steps]) call(it);
      const first = new Float32Array(replayed.buffer, outputAddress, output.shape.channels);
      expect(first).toEqual(executable.output().subarray(0, output.shape.channels));
    },
  );
});

describe('the files of an export', () => {
  test('are those that its README names, and an example where the model takes images', async () => {
    const files = await exportC(tiny({ recipe: RECIPE }));
    for (const name of ['README.md', 'Makefile', 'LICENSE', 'LICENSE-wabt', 'signwave.h', 'kernels.c', 'model.c']) {
      expect(files.has(name), name).toBe(true);
    }
    const named = [...files.get('README.md')!.matchAll(/^\| ([\w.*, -]+) \|/gm)].flatMap(([, names]) =>
      names!.split(', '),
    );
    const patterns = named
      .filter((it) => it !== 'file')
      .map((it) => new RegExp(`^${it.replace('.', '\\.').replace('*', '.*')}$`));
    for (const pattern of patterns)
      expect(
        [...files.keys()].some((it) => pattern.test(it)),
        String(pattern),
      ).toBe(true);
    expect(files.has('classify.c')).toBe(true);
    expect(files.get('model.h')).toContain('#define SIGNWAVE_HAS_RECIPE 1');
  });

  test('have no example where it takes floats only', async () => {
    const files = await exportC(tiny());
    expect(files.has('classify.c')).toBe(false);
    expect(files.has('prepare.c')).toBe(false);
    expect(files.get('model.h')).toContain('#define SIGNWAVE_HAS_RECIPE 0');
    expect(files.get('README.md')).not.toContain('classify');
  });

  test('are the same each time', async () => {
    expect(await exportC(tiny({ recipe: RECIPE }))).toEqual(await exportC(tiny({ recipe: RECIPE })));
  });

  test('say what licence the model has, if its file does', async () => {
    expect((await exportC(tiny({ licence: 'CC0' }))).get('README.md')).toContain('* The model: CC0.');
    expect((await exportC(tiny())).get('README.md')).toContain('names no licence');
  });

  test('hold names and labels that would end a string, a comment or a line', async () => {
    const labels = Array.from({ length: 16 }, (_, i) => (i === 0 ? 'a "b" \\ ?\u{3f}/\n\u00e91' : `label ${i}`));
    const files = await exportC(tiny({ name: 'evil */ int x;\n#error "\u00e9"', labels }));
    expect(files.get('model.c')).toContain('"a \\042b\\042 \\134 \\077\\077/\\012\\303\\2511",');
    expect(files.get('model.c')!.split('\n')[0]).toBe(
      '/* The model evil __ int x___error ___, written by signwave export. */',
    );
    expect(files.get('model.h')).toContain('#define SIGNWAVE_NAME "evil */ int x;\\012#error \\042\\303\\251\\042"');
  });

  test('number the outputs of a model without labels', async () => {
    expect((await exportC(tiny())).get('model.c')).toContain('  "class 15",\n};');
  });

  test('describe each kind of resize', async () => {
    const macrosOf = async (resize: InputRecipe['resize']): Promise<string> => {
      const files = await exportC(tiny({ recipe: { ...RECIPE, channelOrder: 'bgr', ...(resize && { resize }) } }));
      return [...files.get('model.h')!.matchAll(/_(?:IS_BGR|RESIZE_\w+) (\d+)/g)].map(([, value]) => value).join(' ');
    };
    expect(await macrosOf(undefined)).toBe('1 0 0 1 0 0');
    expect(await macrosOf({ mode: 'stretch', sizePixels: 0, interpolation: 'bicubic' })).toBe('1 1 0 0 1 0');
    expect(await macrosOf({ mode: 'shorterSide', sizePixels: 256, interpolation: 'bilinear' })).toBe('1 0 256 0 0 0');
  });
});

test('a model whose images are resized as by TensorFlow takes floats that its C makes, and names the recipe’s numbers', async () => {
  const resize = { mode: 'centreSquare', sizePixels: 0, interpolation: 'bicubic' } as const;
  const files = await exportC(tiny({ recipe: { ...RECIPE, resize, divisor: 127.5, mean: [0.1, 1, 1] } }));
  expect([files.has('prepare.c'), files.has('prepare-square.c')]).toEqual([false, true]);
  expect(files.get('model.h')).toContain('typedef float signwave_input;');
  expect(files.get('model.h')).toContain('#define SIGNWAVE_DIVISOR 127.500000f');
  expect(files.get('model.h')).toContain('#define SIGNWAVE_MEANS {0.100000001f, 1.00000000f, 1.00000000f}');
  expect(files.get('README.md')).toContain('| prepare-square.c, pixels.h |');
});

describe('the C sources', () => {
  test('have every kernel that a plan may call, so that every model can be exported', async () => {
    const files = await exportC(tiny());
    const declared = [...files.get('kernels.h')!.matchAll(/void signwave_(\w+)\(uint32_t record\);/g)];
    const names = declared.map(([, name]) => name);
    expect(Object.keys(WASM_KERNELS).filter((name) => !names.includes(name))).toEqual([]);
  });
});

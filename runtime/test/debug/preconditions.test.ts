import { describe, expect, test } from 'vitest';
import { debugKernels, withAbort } from './debug-kernels.js';

/** How errors of {@link withAbort} start: with the place in the source; the failed precondition follows. */
const PLACE = /^runtime\/assembly\/[\w-]+\.ts:\d+:\d+: not so: /;

interface Kernels {
  readonly exports: Readonly<Record<string, (...numbers: number[]) => void>>;
  readonly memory: WebAssembly.Memory;
  /** Address of the first unused byte; the memory is zero from there on. */
  readonly free: number;
}

function instantiate(build: 'simd' | 'scalar'): Kernels {
  const module = new WebAssembly.Module(debugKernels(build));
  const imports = withAbort(() => memory);
  const { memory, heapBase, ...exports } = new WebAssembly.Instance(module, imports).exports as unknown as {
    memory: WebAssembly.Memory;
    heapBase: () => number;
  };
  return { exports: exports as unknown as Kernels['exports'], memory, free: Math.ceil(heapBase() / 64) * 64 };
}

describe.each(['simd', 'scalar'] as const)('%s kernels with asserts', (build) => {
  const { exports, free } = instantiate(build);

  test.each(Object.keys(exports))('%s refuses a record of zeros, and names file and line', (name) => {
    expect(() => exports[name]!(free)).toThrow(PLACE);
  });
});

describe('a record with one field that breaks a precondition', () => {
  const { exports, memory, free } = instantiate('simd');
  const [epilogue, input, output, scale] = [free + 64, free + 256, free + 320, free + 384];

  /** Runs `elementwise` on one pixel of 8 channels, with some fields of its epilogue changed. */
  function run(changes: Readonly<Record<string, number>>): void {
    const bounds = { lo: -Infinity, hi: Infinity };
    const fields = {
      columns: 1,
      blocks: 1,
      sumLeast: -Infinity,
      borderBytes: 0,
      scale: 0,
      bias: 0,
      addend: 0,
      ...bounds,
      output,
    };
    const view = new DataView(memory.buffer);
    [input, 1, epilogue].forEach((value, n) => {
      view.setInt32(free + n * 4, value, true);
    });
    Object.entries({ ...fields, ...changes }).forEach(([name, value], n) => {
      if (name === 'sumLeast' || name in bounds) view.setFloat32(epilogue + n * 4, value, true);
      else view.setInt32(epilogue + n * 4, value, true);
    });
    exports.elementwise!(free);
  }

  test('runs without the change', () => {
    expect(() => run({})).not.toThrow();
  });

  test.each([
    ['a scale without a bias', { scale }, 'an affine has scales and biases, or there is none'],
    ['an address that is no multiple of 4', { addend: input + 2 }, 'maps are f32'],
    ['bounds the wrong way round', { lo: 1, hi: -1 }, 'the lower bound is not above the upper one'],
    ['nothing to write', { output: 0 }, 'there is something to write'],
    ['no column', { columns: 0 }, 'there is a column, and a block of 8 channels'],
  ])('traps: %s', (_, changes, message) => {
    expect(() => run(changes)).toThrow(PLACE);
    expect(() => run(changes)).toThrow(`epilogue.ts`);
    expect(() => run(changes)).toThrow(message);
  });
});

test('a part of a kernel traps outside its range, and runs inside', () => {
  const { exports, free } = instantiate('simd');
  const lookUp = (vectors: number): void => exports.lookUpBlock!(vectors, free, free, 6, 10, free, 0, 0, 0, 1);
  for (const vectors of [2, 3, 4, 5, 6, 7]) expect(() => lookUp(vectors)).not.toThrow();
  for (const vectors of [0, 1, 8])
    expect(() => lookUp(vectors)).toThrow(/lut-gemm\.ts:\d+:\d+: not so: a look-up adds 2 to 7 vec/);
});

test('look-ups whose sums leave the range of i16 trap', () => {
  const { exports, memory, free } = instantiate('simd');
  const [streams, tables, sums, wideSums] = [free, free + 64, free + 256, free + 512];
  // One filter adds 1 in the second of three blocks.
  new Uint16Array(memory.buffer, streams, 3).set([1, 0, 0]);
  new Int8Array(memory.buffer, tables, 48).fill(1);
  const add = (): void => exports.lookUpBlock!(3, tables, streams, 1, 1, sums, wideSums, 48, 1, 3);
  const wide = new Int16Array(memory.buffer, wideSums, 48);
  wide.fill(32_766);
  add();
  expect(wide[0]).toBe(32_767);
  expect(add).toThrow('the halves of all blocks fit an i16');
});

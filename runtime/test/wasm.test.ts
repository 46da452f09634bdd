import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MODULE_BYTES } from '../build/identity.js';
import { inlinedWasm } from '../src/engine/inlined-wasm.js';
import { SCALAR_KERNELS, WASM_KERNELS } from '../src/kernels/generated/records.js';

const readBuild = (name: string): Buffer => readFileSync(new URL(`../build/${name}`, import.meta.url));
const countOf = (text: string, instruction: string): number => text.split(instruction).length - 1;

/** Functions that runtime/assembly/simd.ts exports only so that they aren't inlined. */
const KERNEL_PARTS = [
  'buildFloatTable',
  'buildTable',
  'expandFilter',
  'lookUpBlock',
  'lookUpFloats',
  'poolRow',
  'sortFilters',
  'twoFilters',
  'twoIntegerFilters',
];

describe.each(['simd', 'scalar'] as const)('%s.wasm', (level) => {
  const module = new WebAssembly.Module(Uint8Array.from(readBuild(`${level}.wasm`)));

  test('imports nothing', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  test('exports its memory, where the plan may begin, and every kernel that a plan calls', () => {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const kernels = level === 'simd' ? Object.keys(WASM_KERNELS) : SCALAR_KERNELS;
    const parts = level === 'simd' ? KERNEL_PARTS : [];
    expect(names.sort()).toEqual([...kernels, ...parts, 'heapBase', 'memory', 'nanBits'].sort());
  });
});

describe('instructions', () => {
  const simd = readBuild('simd.wat').toString();
  const scalar = readBuild('scalar.wat').toString();

  test('the SIMD build counts bits with i8x16.popcnt', () => {
    expect(countOf(simd, 'i8x16.popcnt')).toBeGreaterThan(0);
  });

  test('the SIMD build adds and subtracts what it looks up, 16 lanes at a time', () => {
    const body = /^ \(func \$runtime\/assembly\/lut-gemm\/lookUpBlock .*?^ \)/ms.exec(simd)![0];
    // There is a variant for each number of vectors from 2 to 7.
    for (const instruction of ['i8x16.add', 'i8x16.sub'])
      expect(countOf(body, instruction)).toBe(2 + 3 + 4 + 5 + 6 + 7);
    expect(countOf(body, 'popcnt')).toBe(0);
  });

  test('the SIMD build multiplies 16-bit weights in pairs', () => {
    // One for each of two taps, two filters and four vectors.
    expect(countOf(simd, 'i32x4.dot_i16x8_s')).toBe(2 * 2 * 4);
  });

  test('the scalar build counts bits with i64.popcnt and has no vectors', () => {
    expect(countOf(scalar, 'i64.popcnt')).toBeGreaterThan(0);
    expect(countOf(scalar, 'v128')).toBe(0);
  });

  test('neither fuses a multiplication with an addition: SPEC 4 rounds both', () => {
    for (const text of [simd, scalar]) expect(countOf(text, 'relaxed')).toBe(0);
  });
});

describe('threads.wasm', () => {
  const module = new WebAssembly.Module(Uint8Array.from(readBuild('threads.wasm')));

  test('is the simd build on a memory that it is given', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    const functionsOf = (level: string): string => {
      const text = readBuild(`${level}.wat`).toString();
      return text.slice(text.indexOf('(func $'));
    };
    expect(functionsOf('threads')).toBe(functionsOf('simd'));
  });

  test('leaves a plan the same place', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const baseOf = (it: WebAssembly.Module, imports?: WebAssembly.Imports): number =>
      (new WebAssembly.Instance(it, imports).exports.heapBase as () => number)();
    const simd = new WebAssembly.Module(Uint8Array.from(readBuild('simd.wasm')));
    expect(baseOf(module, { env: { memory } })).toBe(baseOf(simd));
  });
});

test('what is inlined in the package are these modules', () => {
  const [simd, threads, scalar] = ['simd', 'threads', 'scalar'].map((level) => readBuild(`${level}.wasm`));
  expect(MODULE_BYTES).toEqual({ simd: simd!.length, threads: threads!.length, scalar: scalar!.length });
  for (const [level, bytes] of Object.entries({ simd, threads, scalar })) {
    expect(Buffer.from(inlinedWasm(level as 'simd')!).equals(bytes!)).toBe(true);
  }
});

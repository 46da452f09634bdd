import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { load } from '../src/index.js';
import { tinyModel } from './web/tiny-model.js';

// Cloudflare Workers, and pages under a policy, can't compile WebAssembly, so a compiled module has to be passed.
const [simd, scalar] = ['simd', 'scalar'].map(
  (name) => new WebAssembly.Module(readFileSync(new URL(`../build/${name}.wasm`, import.meta.url))),
) as [WebAssembly.Module, WebAssembly.Module];

function forbidCompiling(): void {
  const { instantiate, Module } = WebAssembly;
  const refuse = (): never => {
    throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
  };
  vi.stubGlobal(
    'WebAssembly',
    Object.create(WebAssembly, {
      compile: { value: async () => refuse() },
      Module: { value: Object.assign(refuse, { customSections: Module.customSections }) },
      instantiate: {
        value: async (module: unknown, imports: WebAssembly.Imports) =>
          module instanceof Module ? instantiate(module, imports) : refuse(),
      },
    }),
  );
}
afterEach(() => vi.unstubAllGlobals());

test('a module that is given runs where nothing may be compiled', async () => {
  const expected = (await load(tinyModel())).run(new Uint8Array(48));
  forbidCompiling();
  for (const options of [
    { wasm: { simd } },
    { wasm: { simd }, tune: true },
    { wasm: { scalar }, kernels: 'scalar' as const },
  ])
    expect((await load(tinyModel(), options)).run(new Uint8Array(48))).toEqual(expected);
  using shared = await load(tinyModel(), { wasm: { simd }, threads: 2 });
  expect(shared.info()).toMatchObject({ threads: 1, threadsReason: expect.stringMatching(/disallowed by embedder/) });
});

test('without one it is said what a page and Cloudflare need', async () => {
  forbidCompiling();
  await expect(load(tinyModel())).rejects.toMatchObject({
    code: 'E_ENGINE',
    message: expect.stringMatching(/disallowed by embedder.*'wasm-unsafe-eval'.*pass compiled modules as wasm/),
  });
});

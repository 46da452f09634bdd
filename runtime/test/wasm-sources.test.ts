import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { MODULE_BYTES, MODULES_ID } from '../build/identity.js';
import type { BuildName, WasmSources } from '../src/engine/wasm-sources.js';
import { type LoadOptions, load } from '../src/index.js';
import { tinyModel } from './web/tiny-model.js';

const isInlined = vi.hoisted(() => ({ value: true }));
// Imitates the entry points `slim`, which have no inlined builds.
vi.mock('../src/engine/inlined-wasm.js', async (original) => {
  const { inlinedWasm } = await original<typeof import('../src/engine/inlined-wasm.js')>();
  return { inlinedWasm: (build: BuildName) => (isInlined.value ? inlinedWasm(build) : undefined) };
});
afterEach(() => {
  isInlined.value = true;
  vi.restoreAllMocks();
});

const bytesOf = (build: BuildName): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(`../build/${build}.wasm`, import.meta.url)));
const input = (): Uint8Array => Uint8Array.from({ length: 48 }, (_, i) => (i * 53) & 255);

/** A server's responses, by path. */
const ANSWERS: Readonly<Record<string, { readonly status: number; readonly body: Uint8Array | string }>> = {
  '/simd.wasm': { status: 200, body: bytesOf('simd') },
  '/scalar.wasm': { status: 200, body: bytesOf('scalar') },
  '/threads.wasm': { status: 200, body: bytesOf('threads') },
  '/page.wasm': { status: 200, body: '<!doctype html><title>not found</title>' },
};
let server: Server;
let address: string;
const requests: string[] = [];
beforeAll(async () => {
  server = createServer(({ url }, response) => {
    requests.push(url!);
    const { status, body } = ANSWERS[url!] ?? { status: 404, body: '' };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
afterEach(() => requests.splice(0));

async function failure(wasm: unknown, options: LoadOptions = {}): Promise<{ code: string; message: string }> {
  const loading = load(tinyModel(), { ...options, wasm: wasm as WasmSources });
  return loading.then(
    () => expect.fail('nothing was thrown'),
    ({ code, message }) => ({ code, message }),
  );
}

/** Replaces the contents of a module's custom section, which is its last section. */
function withIdentity(build: BuildName, text: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(build);
  expect(text).toHaveLength(`${build} ${MODULES_ID}`.length);
  bytes.set(new TextEncoder().encode(text), bytes.length - text.length);
  return bytes;
}

describe.each(['inlined', 'not inlined'])('with the engine %s', (where) => {
  const givens: Record<string, (build: BuildName) => WasmSources> = {
    'its address': (build) => ({ [build]: `${address}/${build}.wasm` }),
    'its URL': (build) => ({ [build]: new URL(`${address}/${build}.wasm`) }),
    'its bytes': (build) => ({ [build]: bytesOf(build) }),
    'its ArrayBuffer': (build) => ({ [build]: bytesOf(build).buffer }),
    'its module': (build) => ({ [build]: new WebAssembly.Module(bytesOf(build)) }),
  };

  describe.each(Object.entries(givens))('%s', (_, given) => {
    test.each(['simd', 'scalar'] as const)('is taken for the %s kernels, with the same bits', async (kernels) => {
      using expected = await load(tinyModel());
      isInlined.value = where === 'inlined';
      using model = await load(tinyModel(), { kernels, wasm: given(kernels) });
      expect(model.run(input())).toEqual(expected.run(input()));
      expect(model.info()).toMatchObject({ kernels, wasmBytes: MODULE_BYTES[kernels] });
    });

    test('is taken for threads', async () => {
      using expected = await load(tinyModel());
      isInlined.value = where === 'inlined';
      const wasm = { ...given('simd'), ...given('threads') };
      using model = await load(tinyModel(), { threads: 2, wasm });
      expect(model.run(input())).toEqual(expected.run(input()));
      expect(model.info()).toMatchObject({ threads: 2, wasmBytes: MODULE_BYTES.threads });
    });
  });
});

test('only what runs is fetched', async () => {
  const wasm = Object.fromEntries(['simd', 'scalar', 'threads'].map((build) => [build, `${address}/${build}.wasm`]));
  (await load(tinyModel(), { wasm })).dispose();
  expect(requests).toEqual(['/simd.wasm']);
  (await load(tinyModel(), { wasm, threads: 2, tune: true })).dispose();
  expect(requests).toEqual(['/simd.wasm', '/simd.wasm', '/threads.wasm']);
});

test('a module can be given to several loads at a time', async () => {
  const simd = await WebAssembly.compile(bytesOf('simd'));
  const models = await Promise.all([1, 2, 3].map(() => load(tinyModel(), { wasm: { simd } })));
  const [first, ...others] = models.map((model) => model.run(input()));
  for (const other of others) expect(other).toEqual(first);
});

test('a signal stops the download', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(
    (_, options) =>
      new Promise((_, reject) => options!.signal!.addEventListener('abort', () => reject(options!.signal!.reason))),
  );
  const control = new AbortController();
  const loading = load(tinyModel(), { wasm: { simd: `${address}/simd.wasm` }, signal: control.signal });
  control.abort(new Error('enough'));
  await expect(loading).rejects.toThrow('enough');
});

describe('without an inlined engine', () => {
  test('it says which build to pass', async () => {
    isInlined.value = false;
    const expected = {
      code: 'E_ENGINE',
      message: expect.stringMatching(/no WebAssembly inside: pass .*wasm\/simd\.wasm/),
    };
    expect(await failure(undefined)).toMatchObject(expected);
    expect(await failure({ scalar: bytesOf('scalar') })).toMatchObject(expected);
  });

  test('one thread works if there is no build for several, and info() says why', async () => {
    isInlined.value = false;
    using model = await load(tinyModel(), { threads: 2, wasm: { simd: bytesOf('simd') } });
    expect(model.info()).toMatchObject({
      threads: 1,
      threadsReason: expect.stringMatching(/no WebAssembly inside: pass .*wasm\/threads\.wasm/),
    });
  });
});

describe('refused are', () => {
  const cut = bytesOf('simd').slice(0, 5000);
  const other = `simd ${'0'.repeat(MODULES_ID.length)}`;
  const stranger = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  test.each<[string, unknown, string, RegExp]>([
    [
      'another build',
      { simd: bytesOf('scalar') },
      'E_IO',
      /^wasm\.simd is the scalar build; expected simd\.wasm of this version/,
    ],
    ['a module of another build', { simd: new WebAssembly.Module(bytesOf('threads')) }, 'E_IO', /is the threads build/],
    [
      'another version',
      { simd: withIdentity('simd', other) },
      'E_IO',
      /has the kernels 0{16} of another version of signwave/,
    ],
    ['another program', { simd: stranger }, 'E_IO', /has no custom section "signwave"/],
    ['a file that is cut', { simd: cut }, 'E_ENGINE', /^wasm\.simd can't be compiled: .*it is cut short/],
    ['no bytes', { simd: new Uint8Array() }, 'E_IO', /is not WebAssembly, but an empty file/],
    ['an archive', { simd: Uint8Array.of(0x1f, 0x8b, 8, 0) }, 'E_IO', /is not WebAssembly, but a gzip archive/],
    [
      'a promise of a module',
      { simd: Promise.resolve() },
      'E_USAGE',
      /wasm\.simd: expected an address, bytes or a WebAssembly.Module, got a Promise/,
    ],
    ['a number', { simd: 5 }, 'E_USAGE', /got 5$/],
    [
      'a build that there isn’t',
      { SIMD: bytesOf('simd') },
      'E_USAGE',
      /wasm has no option "SIMD"; it has simd, scalar, threads/,
    ],
    ['an address in place of the object', '/wasm/', 'E_USAGE', /got "\/wasm\/"/],
    ['a URL in place of the object', new URL('http://127.0.0.1/'), 'E_USAGE', /got a URL/],
    ['a module in place of the object', new WebAssembly.Module(stranger), 'E_USAGE', /got a WebAssembly.Module/],
    [
      'an address where nobody answers',
      { simd: 'http://127.0.0.1:9/simd.wasm' },
      'E_IO',
      /127\.0\.0\.1:9\/simd\.wasm: can't be read/,
    ],
  ])('%s', async (_, wasm, code, message) => {
    expect(await failure(wasm)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a page in place of the file', async () => {
    const { code, message } = await failure({ simd: `${address}/page.wasm` });
    expect({ code, message }).toEqual({
      code: 'E_IO',
      message: `${address}/page.wasm is not WebAssembly, but an HTML page (a failed download?); expected simd.wasm of this version of @signwave/runtime, in its folder dist/wasm`,
    });
  });

  test('an address that has no file', async () => {
    const { code, message } = await failure({ simd: `${address}/none.wasm` });
    expect({ code, message }).toEqual({
      code: 'E_IO',
      message: `${address}/none.wasm: the server answered 404 Not Found`,
    });
  });

  test('a wrong build for threads, rather than to run on one', async () => {
    expect(await failure({ threads: bytesOf('simd') }, { threads: 2 })).toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(/^wasm\.threads is the simd build/),
    });
    expect(await failure({ threads: `${address}/none.wasm` }, { threads: 2 })).toMatchObject({ code: 'E_IO' });
  });

  test('what a policy doesn’t let compile, with the policy', async () => {
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('blocked by CSP'));
    expect(await failure({ simd: `${address}/simd.wasm` })).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringMatching(/simd\.wasm can't be compiled: blocked by CSP .*'wasm-unsafe-eval' in script-src/),
    });
  });

  test('what a policy doesn’t let fetch, with the policy', async () => {
    vi.stubGlobal('location', new URL(address));
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'));
    expect(await failure({ simd: `${address}/simd.wasm` })).toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(/simd\.wasm: can't be read \(Failed to fetch\).*connect-src/),
    });
    vi.unstubAllGlobals();
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import type { SignwaveError } from '@signwave/format';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { load } from '../src/index.js';
import { createWorkerModel, fetchModel, load as loadInPage } from '../src/web/index.js';
import { tinyModel } from './web/tiny-model.js';

const folder = mkdtempSync(join(tmpdir(), 'signwave source ü '));
const path = join(folder, 'model.sgnw');
writeFileSync(path, tinyModel());
afterAll(() => rmSync(folder, { recursive: true }));

let asked: unknown[] = [];
beforeEach(() => {
  asked = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (address) => {
    asked.push(address);
    throw new TypeError(`no network: ${String(address)}`);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Makes a value in another realm, as jsdom, an iframe or a `vm` context would. The code knows the model's bytes as `b`. */
const elsewhere = (code: string): never => vm.runInNewContext(code, { b: tinyModel(), Blob, URL }) as never;

function shared(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(tinyModel().length);
  new Uint8Array(memory).set(tinyModel());
  return memory;
}

/** The model's bytes as a view with other bytes on both sides, as `Buffer` gives them from its pool. */
function slice(): Uint8Array {
  const pool = Buffer.alloc(5000, 0xff);
  pool.set(tinyModel(), 1234);
  return pool.subarray(1234, 1234 + tinyModel().length);
}

async function failure(loading: Promise<unknown>): Promise<SignwaveError> {
  return loading.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );
}

describe.each([
  ['load', load],
  ['load of the package for pages', loadInPage],
])('%s', (_, loadIt) => {
  test.each<[string, () => unknown]>([
    ['a Uint8Array', tinyModel],
    ['an ArrayBuffer', () => tinyModel().buffer],
    ['a slice of a Buffer', slice],
    ['a Uint8ClampedArray', () => new Uint8ClampedArray(tinyModel())],
    ['an Int8Array', () => new Int8Array(tinyModel())],
    ['a DataView', () => new DataView(slice().buffer, slice().byteOffset, slice().length)],
    ['a SharedArrayBuffer', shared],
    ['a view of one', () => new Uint8Array(shared())],
    [
      'a buffer that can be resized',
      () => elsewhere('const r = new ArrayBuffer(b.length, { maxByteLength: 9999 }); new Uint8Array(r).set(b); r'),
    ],
    ['a Uint8Array of another realm', () => elsewhere('new Uint8Array(b)')],
    ['an ArrayBuffer of another realm', () => elsewhere('new Uint8Array(b).buffer')],
    ['a DataView of another realm', () => elsewhere('new DataView(new Uint8Array(b).buffer)')],
    ['a promise of another realm', () => elsewhere('Promise.resolve(new Uint8Array(b))')],
    ['a Blob', () => new Blob([tinyModel()])],
    ['a File', () => new File([tinyModel()], 'model.sgnw')],
    ['a Response', () => new Response(tinyModel())],
  ])('takes %s for bytes, and asks no network', async (_, source) => {
    const model = await loadIt(source() as never);
    expect(model.run(new Uint8Array(48))).toEqual((await load(tinyModel())).run(new Uint8Array(48)));
    expect(asked).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['a number', 5, 'got 5'],
    ['an array', Array.from(tinyModel()), 'got an Array'],
    ['an object', { type: 'Buffer', data: Array.from(tinyModel()) }, 'got an Object'],
    ['a function', () => tinyModel(), 'got a Function'],
    ['wider elements', new Int16Array(1000), 'got an Int16Array'],
    ['floats', new Float32Array(1000), 'got a Float32Array'],
    ['floats of another realm', elsewhere('new Float32Array(1000)'), 'got a Float32Array'],
    ['a promise of something else', Promise.resolve([1, 2, 3]), 'got an Array'],
    ['a request', new Request('http://127.0.0.1:9/model.sgnw'), 'got a Request'],
    [
      'a Blob of jsdom',
      Object.defineProperty(new Blob([tinyModel()]), 'arrayBuffer', { value: undefined }),
      'got a Blob without arrayBuffer()',
    ],
    ['a file as text', Buffer.from(tinyModel()).toString('latin1'), 'characters, which is neither'],
    ['a file as base64', Buffer.alloc(9000).toString('base64'), 'got a string of 12000 characters'],
  ])('refuses %s by name, and asks no network', async (_, source, found) => {
    const error = await failure(loadIt(source as never));
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringContaining(found) });
    expect(error.message.length).toBeLessThan(200);
    expect(asked).toEqual([]);
  });

  test('refuses memory that was transferred, an answer that was read, a file that is gone', async () => {
    const bytes = tinyModel();
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(await failure(loadIt(bytes))).toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('transferred'),
    });
    expect((await failure(loadIt(bytes.buffer))).message).toContain('transferred');
    const answer = new Response(tinyModel());
    await answer.arrayBuffer();
    expect(await failure(loadIt(answer))).toMatchObject({ code: 'E_IO', message: expect.stringContaining('clone()') });
    const gone = Object.defineProperties(new Blob(), {
      arrayBuffer: { value: () => Promise.reject(new DOMException('it was changed', 'NotReadableError')) },
    });
    expect(await failure(loadIt(gone))).toMatchObject({
      code: 'E_IO',
      message: expect.stringContaining('it was changed'),
    });
  });

  test.each<[string, unknown]>([
    ['a path', path],
    ['a path from the current folder', relative(process.cwd(), path)],
    ['a file: URL', pathToFileURL(path)],
    ['a file: URL as text', pathToFileURL(path).href],
    ['a URL of another realm', elsewhere(`new URL(${JSON.stringify(pathToFileURL(path).href)})`)],
    ['a promise of a path', Promise.resolve(path)],
  ])('reads %s outside of pages', async (_, source) => {
    expect((await loadIt(source as never)).outputs).toBe(3);
    expect(asked).toEqual([]);
  });

  test('says why a file can’t be read', async () => {
    for (const [source, reason] of [
      [
        'nowhere/model.sgnw',
        /^nowhere\/model\.sgnw: can't be read \(ENOENT: no such file or directory\); a path is all/,
      ],
      [pathToFileURL(`${folder}/none.sgnw`), /none\.sgnw: can't be read \(ENOENT/],
      [folder, /it is no plain file/],
      ['', /ENOENT/],
      [`${'x'.repeat(5000)}`, /^x{100}…: can't be read \(ENAMETOOLONG/],
      ['file://elsewhere/model.sgnw', /can't be read/],
      ['ftp://127.0.0.1/model.sgnw', /can't be read .*http:/],
    ] as const) {
      const { code, message } = await failure(loadIt(source));
      expect([code, message]).toEqual(['E_IO', expect.stringMatching(reason)]);
      expect(message.length).toBeLessThan(450);
    }
    expect(asked).toEqual([]);
  });

  test('names a file in what is wrong with it', async () => {
    writeFileSync(join(folder, 'page.sgnw'), '<!doctype html>');
    expect((await failure(loadIt(join(folder, 'page.sgnw')))).message).toContain('page.sgnw is not a signwave model');
  });

  test('fetches addresses, and in a page all of them', async () => {
    await failure(loadIt('http://127.0.0.1:9/model.sgnw'));
    vi.stubGlobal('location', new URL('http://127.0.0.1:9/'));
    await failure(loadIt(path));
    expect(asked.map(String)).toEqual(['http://127.0.0.1:9/model.sgnw', path]);
  });

  test('says no more than the beginning of a long address', async () => {
    const address = `data:application/octet-stream;base64,${Buffer.alloc(30_000).toString('base64')}`;
    expect((await failure(loadIt(address))).message.length).toBeLessThan(400);
  });
});

describe('in the package for pages', () => {
  const sha256 = '0'.repeat(64);

  test('a SHA-256 guards whatever a model comes from', async () => {
    for (const source of [path, tinyModel(), new Blob([tinyModel()]), Promise.resolve(path)]) {
      expect(await failure(loadInPage(source as never, { sha256 }))).toMatchObject({ code: 'E_FORMAT_CHECKSUM' });
    }
  });

  test('a SHA-256 that is none is refused, not passed over', async () => {
    for (const wrong of ['', 'sha256-abc', sha256.slice(1), null]) {
      const loading = fetchModel(path, { sha256: wrong as never });
      expect(await failure(loading)).toMatchObject({
        code: 'E_USAGE',
        message: expect.stringContaining('64 hexadecimal'),
      });
    }
  });

  test('a file is read with progress, and by createWorkerModel', async () => {
    const progress: unknown[] = [];
    const bytes = await fetchModel(path, { onProgress: (it) => progress.push(it) });
    expect(bytes).toEqual(tinyModel());
    expect(progress).toEqual([{ loadedBytes: bytes.length, totalBytes: bytes.length }]);
    expect(await failure(createWorkerModel('none.sgnw'))).toMatchObject({ code: 'E_IO' });
    // The file exists, but Node has no web workers.
    expect(await failure(createWorkerModel(path))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('pass createWorker, or use load()'),
    });
  });

  test('what is no model makes no worker', async () => {
    const createWorker = vi.fn();
    for (const source of [undefined, [1], new Float32Array(3), Promise.resolve({})]) {
      expect(await failure(createWorkerModel(source as never, { createWorker }))).toMatchObject({ code: 'E_USAGE' });
    }
    expect(await failure(fetchModel(tinyModel() as never))).toMatchObject({ code: 'E_USAGE' });
    expect(createWorker).not.toHaveBeenCalled();
    expect(asked).toEqual([]);
  });
});

test('WebAssembly is read by path, too, and taken from another realm', async () => {
  const simd = new URL('../build/simd.wasm', import.meta.url);
  const { readFileSync } = await import('node:fs');
  const bytes = readFileSync(simd);
  const made = vm.runInNewContext('new Uint8Array(b)', { b: bytes });
  for (const source of [simd, simd.href, made, new DataView(made.buffer), made.buffer]) {
    expect((await load(tinyModel(), { wasm: { simd: source as never } })).outputs).toBe(3);
  }
  expect(asked).toEqual([]);
});

test('a Node that can’t be asked for its modules says how to read the file', async () => {
  vi.stubGlobal('process', { versions: { node: '20.11.0' } });
  expect(await failure(load(path))).toMatchObject({
    code: 'E_IO',
    message: expect.stringContaining('load(await readFile(path))'),
  });
});

test('a read is stopped by a signal', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  expect((await failure(load(path, { signal }))).message).toBe('enough');
});

describe('a server', () => {
  let server: Server;
  let answer: RequestListener;
  let address = '';
  beforeEach(async () => {
    vi.restoreAllMocks();
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/model.sgnw?v=1`;
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  test('is asked for exactly its address', async () => {
    const requests: (string | undefined)[] = [];
    answer = ({ url }, response) => {
      requests.push(url);
      response.end(tinyModel());
    };
    await load(address);
    expect(requests).toEqual(['/a/model.sgnw?v=1']);
  });

  test('that sends without end is left at the limit of a model’s size', async () => {
    const piece = new Uint8Array(2 ** 20);
    let sent = 0;
    const endless = new ReadableStream({
      pull: (control) => {
        sent++;
        control.enqueue(piece);
      },
    });
    expect(await failure(load(new Response(endless)))).toMatchObject({
      code: 'E_IO',
      message: expect.stringContaining('model is larger than 1073741824 bytes'),
    });
    expect(sent).toBeLessThan(1030);
  });

  test('that ends too early is an error', async () => {
    answer = (_, response) => {
      response.setHeader('content-length', tinyModel().length).write(tinyModel().subarray(0, 100));
      setTimeout(() => response.destroy(), 20);
    };
    expect(await failure(load(address))).toMatchObject({
      code: 'E_IO',
      message: expect.stringMatching(/can't be read .*; fetch it again/),
    });
  });
});

test.skipIf(process.platform === 'win32')('a pipe isn’t waited for', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
  expect(await failure(load(pipe))).toMatchObject({
    code: 'E_IO',
    message: expect.stringContaining('it is no plain file'),
  });
});

test('an answer that gives no stream is read in one piece', async () => {
  const answer = new Response(tinyModel());
  Object.defineProperty(answer, 'body', { value: null });
  expect((await load(answer)).outputs).toBe(3);
});

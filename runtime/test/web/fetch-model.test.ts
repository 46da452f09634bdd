import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fetchModel, load } from '../../src/web/index.js';
import { tinyModel } from './tiny-model.js';

const model = tinyModel();
const sha256 = createHash('sha256').update(model).digest('hex');
let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.sgnw`;
}

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  vi.unstubAllGlobals();
});

describe('fetching a model', () => {
  test('gives its bytes and tells the progress', async () => {
    const url = await serve((_, response) => response.setHeader('content-length', model.length).end(model));
    const seen: number[] = [];
    const bytes = await fetchModel(url, {
      sha256: sha256.toUpperCase(),
      onProgress: (it) => seen.push(it.loadedBytes),
    });
    expect(bytes).toEqual(model);
    expect(seen.at(-1)).toBe(model.length);
  });

  test('and loading it gives a model that is named after its address', async () => {
    const url = await serve((_, response) => response.end('<!doctype html><p>not found'));
    await expect(load(url)).rejects.toThrow(`${url} is not a signwave model: it is an HTML page (a failed download?)`);
  });

  test('refuses a file that is not the expected one', async () => {
    const url = await serve((_, response) => response.end(model));
    await expect(fetchModel(url, { sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'E_FORMAT_CHECKSUM' });
  });

  test('says what the server answered', async () => {
    const url = await serve((_, response) => response.writeHead(404).end());
    await expect(fetchModel(url)).rejects.toMatchObject({ code: 'E_IO', message: expect.stringContaining('404') });
  });

  test('says that a server can’t be reached', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => server!.close(resolve));
    await expect(fetchModel(url)).rejects.toMatchObject({ code: 'E_IO' });
  });

  test('notices a download that was cut', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-length', model.length).write(model.subarray(0, 100));
      setTimeout(() => response.destroy(), 20);
    });
    await expect(fetchModel(url)).rejects.toMatchObject({ code: 'E_IO' });
  });

  test('refuses what claims to be larger than any model, before it is there', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-length': 2 ** 31 }).flushHeaders());
    await expect(fetchModel(url)).rejects.toMatchObject({ code: 'E_IO', message: expect.stringContaining('larger') });
  });

  test('stops when it is told to, with the signal’s reason', async () => {
    const url = await serve((_, response) => response.write(model.subarray(0, 100)));
    const control = new AbortController();
    const fetching = fetchModel(url, { signal: control.signal, onProgress: () => control.abort(new Error('enough')) });
    await expect(fetching).rejects.toThrow('enough');
    await expect(fetchModel(url, { signal: control.signal })).rejects.toThrow('enough');
  });
});

describe('a cache', () => {
  /** Stubs the methods of CacheStorage that are used. */
  function stubCaches(): Map<string, Response> {
    const entries = new Map<string, Response>();
    const cache = {
      match: async (key: string) => entries.get(key)?.clone(),
      put: async (key: string, response: Response) => void entries.set(key, response),
      delete: async (key: string) => entries.delete(key),
    };
    vi.stubGlobal('caches', { open: async () => cache });
    return entries;
  }

  test('is filled once, and then asked instead of the network', async () => {
    stubCaches();
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.end(model);
    });
    await fetchModel(url, { cache: 'models' });
    expect(await fetchModel(url, { cache: 'models', sha256 })).toEqual(model);
    expect(requests).toBe(1);
  });

  test('that holds another file than the expected one is filled again', async () => {
    const entries = stubCaches();
    const url = await serve((_, response) => response.end(model));
    entries.set(url, new Response(model.slice(0, 50)));
    expect(await fetchModel(url, { cache: 'models', sha256 })).toEqual(model);
    expect((await entries.get(url)!.clone().arrayBuffer()).byteLength).toBe(model.length);
  });

  test('never keeps an error page', async () => {
    const entries = stubCaches();
    const url = await serve((_, response) => response.end('<html>'));
    await fetchModel(url, { cache: 'models' });
    expect(entries.size).toBe(0);
  });

  test('that the user has switched off is done without', async () => {
    vi.stubGlobal('caches', { open: () => Promise.reject(new Error('denied')) });
    const url = await serve((_, response) => response.end(model));
    expect(await fetchModel(url, { cache: 'models' })).toEqual(model);
  });
});

import { readFileSync } from 'node:fs';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { load, type WasmSources } from '../../src/index.js';
import { serveModel } from '../../src/web/serve-model.js';
import type { Port } from '../../src/web/worker-calls.js';
import { createWorkerModel } from '../../src/web/worker-model.js';
import { tinyModel } from './tiny-model.js';

// page/test tests real workers in browsers. Here, the two ends of a channel stand for one.
interface FakeWorker extends Worker {
  readonly isTerminated: () => boolean;
}

function fakeWorker(serve: (port: MessagePort) => void = (port) => serveModel(port as unknown as Port)): FakeWorker {
  const { port1, port2 } = new MessageChannel();
  serve(port2);
  port2.start();
  let isTerminated = false;
  const worker = {
    onmessage: null as ((event: MessageEvent) => void) | null,
    onerror: null,
    onmessageerror: null,
    postMessage: (message: unknown, transfer: ArrayBuffer[]) => port1.postMessage(message, transfer),
    terminate: () => {
      isTerminated = true;
      port1.close();
    },
    isTerminated: () => isTerminated,
  };
  port1.on('message', (data: unknown) => worker.onmessage?.({ data } as MessageEvent));
  return worker as unknown as FakeWorker;
}

const input = (): Uint8Array => Uint8Array.from({ length: 48 }, (_, i) => (i * 53) & 255);
const image = () => ({ width: 4, height: 4, channels: 3, data: input() }) as const;

describe('a model in a worker', () => {
  test('gives what the model gives without one', async () => {
    const [here, there] = await Promise.all([
      load(tinyModel()),
      createWorkerModel(tinyModel(), { createWorker: fakeWorker }),
    ]);
    expect(await there.run(input())).toEqual(here.run(input()));
    expect(await there.classify(image(), { topK: 2 })).toEqual(here.classify(image(), { topK: 2 }));
    expect(await there.plan()).toEqual(here.plan());
    expect((await there.profile(input(), { repeats: 2 })).map(({ kernel }) => kernel)).toEqual(
      here.plan().map(({ kernel }) => kernel),
    );
    expect(there.input).toEqual(here.input);
    expect(there.metadata).toEqual(here.metadata);
    expect(there.info().kernels).toBe(here.info().kernels);
    there.dispose();
  });

  test('leaves what it is given to the caller', async () => {
    const file = tinyModel();
    const model = await createWorkerModel(file, { createWorker: fakeWorker });
    const [bytes, raster] = [input(), image()];
    await Promise.all([model.run(bytes), model.classify(raster), model.profile(bytes, { repeats: 1 })]);
    expect([file.length, bytes.length, raster.data.length]).toEqual([tinyModel().length, 48, 48]);
    model.dispose();
  });

  test('takes inputs and the file without copying them when it is told to', async () => {
    const file = tinyModel();
    const model = await createWorkerModel(file, { createWorker: fakeWorker, transfer: true });
    const [bytes, raster, profiled] = [input(), image(), input()];
    await model.run(bytes, { transfer: true });
    await model.classify(raster, { transfer: true });
    await model.profile(profiled, { repeats: 1, transfer: true });
    expect([file, bytes, raster.data, profiled].map(({ length }) => length)).toEqual([0, 0, 0, 0]);
    model.dispose();
  });

  test('leaves the memory of a file alone that others see, too', async () => {
    const larger = new Uint8Array(tinyModel().length + 8);
    larger.set(tinyModel(), 8);
    const model = await createWorkerModel(larger.subarray(8), { createWorker: fakeWorker, transfer: true });
    const inputs = new Uint8Array(100);
    await model.run(inputs.subarray(0, 48), { transfer: true });
    expect(inputs).toHaveLength(100);
    expect(larger.length).toBeGreaterThan(8);
    model.dispose();
  });

  test('answers calls in their order', async () => {
    const model = await createWorkerModel(tinyModel(), { createWorker: fakeWorker });
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => model.run(input()).then(() => order.push(n))));
    expect(order).toEqual([1, 2, 3]);
    model.dispose();
  });

  test('hands errors on with their codes', async () => {
    const worker = fakeWorker();
    const model = await createWorkerModel(tinyModel(), { createWorker: () => worker });
    await expect(model.run(new Uint8Array(3))).rejects.toMatchObject({ name: 'SignwaveError', code: 'E_INPUT_SHAPE' });
    expect(worker.isTerminated()).toBe(false);
    expect(await model.run(input())).toHaveLength(3);
    model.dispose();
  });

  test('ends its worker if the file is no model', async () => {
    const worker = fakeWorker();
    const loading = createWorkerModel(new TextEncoder().encode('<html>'), {
      createWorker: () => worker,
      name: 'a.sgnw',
    });
    await expect(loading).rejects.toMatchObject({ code: 'E_FORMAT_KIND', message: expect.stringContaining('a.sgnw') });
    expect(worker.isTerminated()).toBe(true);
  });

  test('rejects what waits when it is disposed in the middle of it, and all that comes later', async () => {
    const model = await createWorkerModel(tinyModel(), { createWorker: fakeWorker });
    const running = model.run(input());
    model.dispose();
    await expect(running).rejects.toMatchObject({ code: 'E_DISPOSED' });
    await expect(model.run(input())).rejects.toMatchObject({ code: 'E_DISPOSED' });
    model.dispose();
  });

  test('rejects what waits when its worker is lost, and says why', async () => {
    const worker = fakeWorker();
    const model = await createWorkerModel(tinyModel(), { createWorker: () => worker });
    const running = model.run(input());
    worker.onerror?.({ message: 'out of memory', preventDefault: () => {} } as ErrorEvent);
    await expect(running).rejects.toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('out of memory'),
    });
    await expect(model.plan()).rejects.toMatchObject({ code: 'E_ENGINE' });
  });

  test('refuses a file of 2 GB before it is read', async () => {
    const file = Object.defineProperties(new Blob(), { size: { value: 2 ** 31 } });
    await expect(createWorkerModel(file, { createWorker: fakeWorker })).rejects.toMatchObject({ code: 'E_IO' });
  });

  test('hands the number of threads on', async () => {
    const model = await createWorkerModel(tinyModel(), { createWorker: fakeWorker, threads: 2 });
    expect(model.info()).toMatchObject({ threads: 2, threadsReason: '2 were asked for' });
    model.dispose();
  });

  test('hands the engine’s WebAssembly on, which stays with the caller', async () => {
    const file = readFileSync(new URL('../../build/simd.wasm', import.meta.url)); // a view of a pool
    const simd = new Uint8Array(file.buffer as ArrayBuffer, file.byteOffset, file.byteLength);
    for (const source of [simd, simd.slice().buffer, new WebAssembly.Module(simd)]) {
      const model = await createWorkerModel(tinyModel(), { createWorker: fakeWorker, wasm: { simd: source } });
      expect(await model.run(input())).toHaveLength(3);
      expect(model.info().wasmBytes).toBe(simd.length);
      model.dispose();
    }
    expect(simd.length).toBeGreaterThan(0);
  });

  test('hands addresses of WebAssembly on as the page understands them, not the worker', async () => {
    vi.stubGlobal('document', { baseURI: 'http://127.0.0.1:9/app/index.html' });
    for (const simd of ['wasm/simd.wasm', new URL('http://127.0.0.1:9/app/wasm/simd.wasm')]) {
      const loading = createWorkerModel(tinyModel(), { createWorker: fakeWorker, wasm: { simd } });
      await expect(loading).rejects.toMatchObject({
        code: 'E_IO',
        message: expect.stringContaining('http://127.0.0.1:9/app/wasm/simd.wasm: can'),
      });
    }
    vi.unstubAllGlobals();
  });

  test('refuses WebAssembly without the name of its build', async () => {
    const wasm = new URL('http://127.0.0.1:9/simd.wasm') as unknown as WasmSources;
    const loading = createWorkerModel(tinyModel(), { createWorker: fakeWorker, wasm });
    await expect(loading).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  test('stops loading when it is told to', async () => {
    const worker = fakeWorker(() => {}); // never answers
    const control = new AbortController();
    const loading = createWorkerModel(tinyModel(), { createWorker: () => worker, signal: control.signal });
    setTimeout(() => control.abort(new Error('enough')), 10);
    await expect(loading).rejects.toThrow('enough');
    expect(worker.isTerminated()).toBe(true);
  });
});

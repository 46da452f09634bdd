import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SignwaveError } from '@signwave/format';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { load } from '../../src/index.js';
import { tinyModel } from '../web/tiny-model.js';
import { runProgram } from './run-program.js';
import { floats, image, sharedModel } from './shared-model.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe.each([2, 3])('%i threads', (threads) => {
  test('give what one gives, of bytes, of floats, in batches, again and again', async () => {
    using one = await load(sharedModel());
    using model = await load(sharedModel(), { threads });
    expect(model.info()).toMatchObject({ threads, threadsReason: `${threads} were asked for` });
    for (let n = 0; n < 20; n++) {
      expect(model.run(image(n))).toEqual(one.run(image(n)));
      expect(model.run(floats(n))).toEqual(one.run(floats(n)));
      expect(model.signBits(7)).toEqual(one.signBits(7));
    }
    for (const count of [0, 1, 2, 3, 7]) {
      const inputs = Array.from({ length: count }, (_, n) => image(n));
      expect(model.runBatch(inputs)).toEqual(one.runBatch(inputs));
    }
    const mixed = [image(1), floats(2), image(3), floats(4)];
    expect(model.runBatch(mixed)).toEqual(one.runBatch(mixed));
    expect(model.run(image(5))).toEqual(one.run(image(5)));
  });

  test('can be profiled', async () => {
    using one = await load(sharedModel());
    using model = await load(sharedModel(), { threads });
    expect(model.profile(image(1), { repeats: 3 }).map(({ kernel }) => kernel)).toEqual(
      one.plan().map(({ kernel }) => kernel),
    );
    expect(model.run(image(2))).toEqual(one.run(image(2)));
  });
});

test('several models with threads don’t disturb each other', async () => {
  using one = await load(sharedModel());
  using a = await load(sharedModel(), { threads: 2 });
  using b = await load(sharedModel(), { threads: 2, tune: true });
  for (let n = 0; n < 5; n++) {
    expect(a.run(image(n))).toEqual(one.run(image(n)));
    expect(b.run(image(n + 1))).toEqual(one.run(image(n + 1)));
  }
});

test('threads that slept wake up', async () => {
  using one = await load(sharedModel());
  using model = await load(sharedModel(), { threads: 2 });
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(model.run(image(n))).toEqual(one.run(image(n)));
  }
});

describe('after dispose()', () => {
  test('a model with threads is as unusable as any other', async () => {
    const model = await load(sharedModel(), { threads: 2 });
    model.dispose();
    model.dispose();
    expect(() => model.run(image(1))).toThrow(expect.objectContaining({ code: 'E_DISPOSED' }));
  });

  test('and without it, threads don’t keep a process alive', async () => {
    const contents = `
      import { load } from './src/index.ts';
      const model = await load(Uint8Array.of(${tinyModel().join()}), { threads: 2 });
      model.run(new Uint8Array(48));
      console.log(model.info().threads + ' threads');`;
    expect(await runProgram(contents)).toEqual({ status: 0, stdout: '2 threads\n', stderr: '' });
  });
});

describe('one thread works, and info() says why', () => {
  test('by default', async () => {
    using model = await load(tinyModel());
    expect(model.info()).toMatchObject({ threads: 1, threadsReason: 'one thread is the default' });
  });

  test('with the scalar kernels', async () => {
    using model = await load(tinyModel(), { threads: 2, kernels: 'scalar' });
    expect(model.info()).toMatchObject({ threads: 1, threadsReason: 'the scalar kernels run on one thread' });
  });

  test('without shared memory, as in a page that is not cross-origin isolated', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    using hidden = await load(tinyModel(), { threads: 2 });
    expect(hidden.info()).toMatchObject({ threads: 1, threadsReason: expect.stringMatching(/cross-origin isolated/) });
    vi.unstubAllGlobals();
    vi.stubGlobal('crossOriginIsolated', false);
    using page = await load(tinyModel(), { threads: 'auto' });
    expect(page.info()).toMatchObject({ threads: 1, threadsReason: expect.stringMatching(/COOP and COEP/) });
  });

  test('where shared memory is refused', async () => {
    const { Memory } = WebAssembly;
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function (this: unknown, descriptor) {
      if (descriptor.shared) throw new RangeError('could not allocate memory');
      return new Memory(descriptor);
    });
    using model = await load(tinyModel(), { threads: 2 });
    expect(model.info()).toMatchObject({
      threads: 1,
      threadsReason: "memory can't be shared: could not allocate memory",
    });
  });

  test('where a policy forbids the worker', async () => {
    class ForbiddenWorker {
      onmessage = null;
      onerror: ((event: { message?: string }) => void) | null = null;
      postMessage(): void {
        queueMicrotask(() => this.onerror?.({}));
      }
      terminate(): void {}
    }
    vi.stubGlobal('Worker', ForbiddenWorker);
    using model = await load(tinyModel(), { threads: 2 });
    expect(model.info()).toMatchObject({ threads: 1, threadsReason: expect.stringMatching(/blob: in worker-src/) });
  });

  test('where a policy forbids the worker at once', async () => {
    vi.stubGlobal('Worker', function forbidden() {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    });
    using model = await load(tinyModel(), { threads: 2 });
    expect(model.info()).toMatchObject({ threads: 1, threadsReason: expect.stringMatching(/blob: in worker-src/) });
  });

  test('where the machine has one core', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 1 });
    using model = await load(tinyModel(), { threads: 'auto' });
    expect(model.info()).toMatchObject({ threads: 1, threadsReason: 'the machine has one core' });
  });
});

test("threads start where another library made Node's worker a global, as ONNX Runtime Web does", async () => {
  vi.stubGlobal('Worker', Worker);
  using model = await load(tinyModel(), { threads: 2 });
  expect(model.info().threads).toBe(2);
});

test('"auto" takes as many threads as the machine has cores, 4 at most', async () => {
  const cores = availableParallelism();
  using model = await load(sharedModel(), { threads: 'auto' });
  expect(model.info().threads).toBe(Math.min(4, cores));
});

test.each([0, -1, 1.5, 65, Number.NaN, 'many' as 'auto'])('threads: %s is refused', async (threads) => {
  const error = await load(tinyModel(), { threads }).catch((it: SignwaveError) => it);
  expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(/from 1 to 64/) });
});

import { SignwaveError } from '@signwave/format';
import { afterEach, describe, expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { type Dawn, type GpuAdapterInfo, INSTALLED, type Modules } from '../../src/backends/modules.js';
import { hasFusedOperations } from '../../src/backends/tensorflow-fused.js';
import type { Tf } from '../../src/types.js';

const notInstalled = (name: string) => async (): Promise<never> => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from /somewhere/modules.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
};

/** A machine with nothing optional on it. */
const BARE: Modules = {
  ...INSTALLED,
  tensorflow: notInstalled('@tensorflow/tfjs-node-gpu'),
  dawn: notInstalled('webgpu'),
};

const ADDON_MISSING =
  'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/tfjs_binding.node. \nPlease run';

function dawnWith(info: Partial<GpuAdapterInfo> | null): () => Promise<Dawn> {
  const adapter = info && { info: { vendor: '', architecture: '', device: '', description: '', ...info } };
  return async () => ({ globals: {}, create: () => ({ requestAdapter: async () => adapter }) });
}

/** tfjs with a back end whose kernels were never built: of its own it has those that ours are put in front of. */
function tfjsWith(backend: object): () => Promise<Tf> {
  const kernels = new Map<string, object>(['Cast', 'Reshape'].map((name) => [name, { kernelFunc: () => ({}) }]));
  const tf = {
    setBackend: async () => true,
    ready: async () => {},
    backend: () => backend,
    getKernel: (name: string) => kernels.get(name),
    registerKernel: (kernel: { readonly kernelName: string }) => kernels.set(kernel.kernelName, kernel),
    unregisterKernel: (name: string) => kernels.delete(name),
    tidy: <T>(compute: () => T) => compute(),
    zeros: () => ({}),
  };
  return async () => tf as unknown as Tf;
}

async function reasons(modules: Modules): Promise<Record<string, string>> {
  const { skipped } = await chooseBackend({ modules });
  return Object.fromEntries(skipped.map(({ name, reason }) => [name, reason]));
}

async function refusal(force: 'tensorflow' | 'webgpu' | 'wasm', modules: Modules): Promise<string> {
  const error = await chooseBackend({ force, modules }).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(SignwaveError);
  expect((error as SignwaveError).code).toBe('E_BACKEND');
  return (error as SignwaveError).message;
}

describe('with no optional package', () => {
  test('wasm is taken, and each faster one is skipped with its reason', async () => {
    const lines: string[] = [];
    const backend = await chooseBackend({ modules: BARE, log: (line) => lines.push(line) });
    expect(backend.name).toBe('wasm');
    expect(backend.tf.getBackend()).toBe('wasm');
    expect(backend.skipped).toEqual([
      { name: 'tensorflow', reason: '@tensorflow/tfjs-node-gpu is not installed' },
      { name: 'webgpu', reason: 'the package webgpu is not installed' },
    ]);
    expect(lines).toEqual([
      'back end tensorflow skipped: @tensorflow/tfjs-node-gpu is not installed',
      'back end webgpu skipped: the package webgpu is not installed',
      'back end wasm: WebAssembly SIMD, one thread',
    ]);
  });

  test('cpu is taken if wasm does not load', async () => {
    const backend = await chooseBackend({ modules: { ...BARE, wasm: notInstalled('@tensorflow/tfjs-backend-wasm') } });
    expect(backend.name).toBe('cpu');
    expect(backend.skipped.map(({ name }) => name)).toEqual(['tensorflow', 'webgpu', 'wasm']);
    expect(backend.skipped[2]!.reason).toContain('@tensorflow/tfjs-backend-wasm');
  });

  test('a forced back end that is absent is an error with the command that installs it', async () => {
    expect(await refusal('tensorflow', BARE)).toBe(
      "the back end tensorflow can't be used: @tensorflow/tfjs-node-gpu is not installed. Run: npm install --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0, then: signwave setup tensorflow",
    );
    expect(await refusal('webgpu', BARE)).toContain('npm install webgpu@0.6.2');
  });

  test('every back end that is skipped is named if none works', async () => {
    const error = await chooseBackend({
      modules: { ...BARE, tfjs: notInstalled('@tensorflow/tfjs') },
    }).catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'E_BACKEND' });
    expect((error as Error).message).toMatch(/tensorflow: .*webgpu: .*wasm: .*cpu: /);
  });
});

describe('tensorflow', () => {
  const failing = (message: string, code?: string): Modules => ({
    ...BARE,
    tensorflow: async () => {
      throw Object.assign(new Error(message), { code });
    },
  });

  test('is skipped if its addon was not built', async () => {
    expect((await reasons(failing(ADDON_MISSING))).tensorflow).toBe('its addon is not built');
    expect(await refusal('tensorflow', failing(ADDON_MISSING))).toContain('Run: signwave setup tensorflow');
  });

  test('is skipped if the library of its addon is gone', async () => {
    const gone = 'libtensorflow_cc.so.2: cannot open shared object file: No such file or directory';
    expect((await reasons(failing(gone, 'ERR_DLOPEN_FAILED'))).tensorflow).toBe(`its addon does not load: ${gone}`);
  });

  test('is skipped if a package that it needs is missing', async () => {
    const missing = "Cannot find module '@mapbox/node-pre-gyp'\nRequire stack:";
    expect((await reasons(failing(missing, 'MODULE_NOT_FOUND'))).tensorflow).toBe(
      "its addon does not load: Cannot find module '@mapbox/node-pre-gyp'",
    );
  });

  const onDevice = (isUsingGpuDevice: boolean, executeMultipleOutputs: () => object[]): Modules => {
    const tfjs = tfjsWith({ isUsingGpuDevice, binding: { TF_Version: '2.21.0' }, executeMultipleOutputs });
    return { ...BARE, tfjs, tensorflow: async () => ({}) };
  };
  const notRegistered = (): never => {
    throw new Error("Op type not registered 'SignwaveHardtanhGrad' in binary");
  };

  test.each([
    [false, 'CPU'],
    [true, 'GPU'],
  ])('is taken with isUsingGpuDevice %s, and says so', async (isUsingGpuDevice, device) => {
    const backend = await chooseBackend({ modules: onDevice(isUsingGpuDevice, () => [{}]) });
    expect(backend).toMatchObject({
      name: 'tensorflow',
      device: `TensorFlow 2.21.0, ${device}`,
      isGpu: isUsingGpuDevice,
      skipped: [],
    });
    expect(backend.fusedBatchNorm).toBeTypeOf('function');
    // They run on a CPU only.
    expect(hasFusedOperations(backend.tf)).toBe(!isUsingGpuDevice);
  });

  test('is taken with an addon that has no fused operations, and says what adds them', async () => {
    const { device } = await chooseBackend({ modules: onDevice(false, notRegistered) });
    expect(device).toBe('TensorFlow 2.21.0, CPU without fused operations (signwave setup tensorflow adds them)');
  });
});

describe('webgpu', () => {
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  afterEach(() => {
    if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
    else Reflect.deleteProperty(globalThis, 'navigator');
  });

  const onTfjs = (dawn: Modules['dawn']): Modules => ({
    ...BARE,
    dawn,
    webgpu: async () => ({}),
    tfjs: tfjsWith({ device: { lost: new Promise(() => {}) }, read: async () => new Float32Array(1) }),
  });

  test('is skipped if the system is too old for Dawn', async () => {
    const dawn = async (): Promise<never> => {
      throw new Error("/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found");
    };
    expect((await reasons({ ...BARE, dawn })).webgpu).toContain('GLIBCXX_3.4.32');
  });

  test('is skipped if there is no adapter', async () => {
    expect((await reasons({ ...BARE, dawn: dawnWith(null) })).webgpu).toContain('no graphics adapter');
    expect(await refusal('webgpu', { ...BARE, dawn: dawnWith(null) })).toContain('install the graphics driver');
  });

  test.each([
    { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader Device (Subzero)' },
    { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' },
    { vendor: 'x', description: 'anything', isFallbackAdapter: true },
  ])('is skipped if its only adapter is software: $description', async (info) => {
    expect((await reasons({ ...BARE, dawn: dawnWith(info) })).webgpu).toContain('its only adapter is software');
  });

  test('takes a software adapter if it is forced, and does not call it a GPU', async () => {
    const modules = onTfjs(dawnWith({ description: 'llvmpipe' }));
    const backend = await chooseBackend({ force: 'webgpu', modules });
    expect(backend).toMatchObject({ name: 'webgpu', device: 'Dawn, llvmpipe', isGpu: false });
  });

  test('starts Dawn once, however often a back end is chosen', async () => {
    let created = 0;
    const adapter = { info: { vendor: '', architecture: '', device: '', description: 'llvmpipe' } };
    const module: Dawn = {
      globals: {},
      create: () => {
        created++;
        return { requestAdapter: async () => adapter };
      },
    };
    const modules = onTfjs(async () => module);
    // Skipped the first time, taken the other two.
    await chooseBackend({ modules });
    for (let i = 0; i < 2; i++) expect((await chooseBackend({ force: 'webgpu', modules })).name).toBe('webgpu');
    expect(created).toBe(1);
  });

  test('takes a hardware adapter by itself', async () => {
    const backend = await chooseBackend({ modules: onTfjs(dawnWith({ vendor: 'nvidia', architecture: 'ampere' })) });
    expect(backend).toMatchObject({ name: 'webgpu', device: 'Dawn, nvidia ampere', isGpu: true });
  });
});

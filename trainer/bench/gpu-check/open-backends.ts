import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { Dawn, GpuAdapter, Modules } from '../../src/backends/modules.js';
import type { Tf, TrainingBackend } from '../../src/types.js';
import { StockKernel } from './stock-kernel.js';

/** Dawn rounds times to 0.1 ms so that pages can't spy by them; most kernels take less. */
const EXACT_TIMES = 'disable-dawn-features=timestamp_quantization';

/** The part of WebGPU's `GPUAdapter` that a report shows. */
export interface ShownAdapter extends GpuAdapter {
  readonly features: Iterable<string>;
  readonly limits: object;
}

export interface Opened {
  readonly backend: TrainingBackend;
  readonly stock: StockKernel;
}

/** @param dawnPath of `dawn.node`, unpacked. */
export async function openWebgpuOf(dawnPath: string): Promise<Opened> {
  let stock: StockKernel | undefined;
  const tfjs = (): Promise<Tf> => import('@tensorflow/tfjs');
  const dawn = loadDawn(dawnPath);
  const modules: Modules = {
    ...unavailable,
    tfjs,
    dawn: async () => dawn,
    webgpu: async () => {
      await import('@tensorflow/tfjs-backend-webgpu');
      stock = new StockKernel(await tfjs());
    },
  };
  const backend = await chooseBackend({ force: 'webgpu', modules });
  return { backend, stock: stock! };
}

/** The adapter without tfjs; null if there is none. */
export async function requestAdapter(dawnPath: string): Promise<ShownAdapter | null> {
  const gpu = loadDawn(dawnPath).create(['backend=vulkan']);
  return (await gpu.requestAdapter({ powerPreference: 'high-performance' })) as ShownAdapter | null;
}

/** The back end that others are compared with. */
export function openReference(): Promise<TrainingBackend> {
  return chooseBackend({ force: 'cpu', modules: { ...unavailable, tfjs: () => import('@tensorflow/tfjs') } });
}

/**
 * TensorFlow as `signwave setup tensorflow` has built it in a checkout. It brings its own tfjs, since both have to be of one installation.
 *
 * @throws {SignwaveError} `E_BACKEND` if it isn't built, or doesn't load.
 */
export function openTensorflowOf(checkout: string): Promise<TrainingBackend> {
  const require = createRequire(join(checkout, 'package.json'));
  const modules: Modules = {
    ...unavailable,
    tfjs: async () => require('@tensorflow/tfjs'),
    tensorflow: async () => require('@tensorflow/tfjs-node-gpu'),
  };
  return chooseBackend({ force: 'tensorflow', modules });
}

function loadDawn(path: string): Dawn {
  const { create, globals } = createRequire(import.meta.url)(path) as Dawn;
  return { globals, create: (options) => create([...options, EXACT_TIMES]) };
}

const absent = async (): Promise<never> => {
  throw new Error('the check has no such package');
};
const unavailable: Modules = { tfjs: absent, tensorflow: absent, dawn: absent, webgpu: absent, wasm: absent };

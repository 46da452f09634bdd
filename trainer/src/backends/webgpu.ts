import { tmpdir } from 'node:os';
import { SignwaveError } from '@signwave/format';
import type { Attempt } from './attempt.js';
import { type Dawn, firstLine, type Gpu, type GpuAdapterInfo, isNotInstalled, type Modules } from './modules.js';
import { chooseFilterGradient } from './webgpu-filter-gradient.js';
import { registerWaves } from './webgpu-waves.js';

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/** One instance of Dawn for each module: a second one would crash the process. */
const instances = new WeakMap<Dawn, Gpu>();
/** Kernels whose errors have been made fatal. */
const watched = new WeakSet<WebgpuKernels>();

/** The part of tfjs's WebGPU back end and its `GPUDevice` that is used here. */
export interface WebgpuKernels {
  readonly device: {
    onuncapturederror: ((event: { readonly error: { readonly message: string } }) => void) | null;
    readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  };
  read(dataId: object): Promise<unknown>;
}

/** WebGPU through Dawn. A software adapter is slower than wasm, so it is taken only if this back end is forced. */
export async function openWebgpu(modules: Modules, isForced: boolean): Promise<Attempt> {
  const tf = await modules.tfjs();
  // Vulkan's loader complains without it.
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  let dawn: Awaited<ReturnType<Modules['dawn']>>;
  try {
    dawn = await modules.dawn();
  } catch (error) {
    return isNotInstalled(error, 'webgpu')
      ? { reason: 'the package webgpu is not installed', remedy: 'Run: npm install webgpu@0.6.2' }
      : { reason: `Dawn does not load: ${firstLine(error)}`, remedy: 'It needs a newer system (glibc 2.36 or later).' };
  }
  const gpu = instanceOf(dawn);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    return {
      reason: 'there is no graphics adapter with a driver that Dawn accepts',
      remedy: 'It needs Vulkan 1.1 (Linux), Metal (macOS) or Direct3D 12 (Windows): install the graphics driver.',
    };
  }
  const name = describe(adapter.info);
  if (isSoftware(adapter.info) && !isForced) {
    return { reason: `its only adapter is software (${name})`, remedy: 'Give --backend webgpu to use it anyway.' };
  }
  // tfjs's back end looks for WebGPU in the globals of a browser, and registers itself only if they exist when it is imported.
  Object.assign(globalThis, dawn.globals);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu, userAgent: 'node' },
    configurable: true,
    writable: true,
  });
  await modules.webgpu();
  if (!(await tf.setBackend('webgpu'))) {
    return { reason: `tfjs can't start on ${name}`, remedy: 'Update the graphics driver.' };
  }
  makeErrorsFatal(tf.backend() as unknown as WebgpuKernels);
  registerWaves(tf);
  const isGpu = !isSoftware(adapter.info);
  // A software adapter, which only tests use, would take seconds to measure.
  if (isGpu) await chooseFilterGradient(tf);
  return { name: 'webgpu', tf, device: `Dawn, ${name}`, isGpu };
}

function instanceOf(dawn: Dawn): Gpu {
  const known = instances.get(dawn);
  if (known) return known;
  const gpu = dawn.create(process.platform === 'linux' ? ['backend=vulkan'] : []);
  instances.set(dawn, gpu);
  return gpu;
}

/** Whether an adapter computes on the CPU. */
export function isSoftware(info: GpuAdapterInfo): boolean {
  return info.isFallbackAdapter === true || SOFTWARE.test(`${info.architecture} ${info.device} ${info.description}`);
}

function describe({ vendor, architecture, description, device }: GpuAdapterInfo): string {
  return description || device || [vendor, architecture].filter(Boolean).join(' ') || 'an adapter without a name';
}

/**
 * Turn WebGPU's errors into exceptions. WebGPU only logs an error, such as a buffer that is too large, and gives zeros as the result. After
 * this call the next value read from the device throws the error, so that no run goes on with wrong numbers. Needed once for each
 * `kernels`.
 */
export function makeErrorsFatal(kernels: WebgpuKernels): void {
  if (watched.has(kernels)) return;
  watched.add(kernels);
  let failure: SignwaveError | undefined;
  const fail = (message: string): void => {
    failure ??= new SignwaveError(
      'E_BACKEND',
      `webgpu: ${message}. A smaller batch may fit; --backend wasm always works.`,
    );
  };
  kernels.device.onuncapturederror = ({ error }) => fail(error.message.trim());
  void kernels.device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') fail(`the device was lost: ${message.trim()}`);
  });
  const read = kernels.read.bind(kernels);
  kernels.read = async (dataId) => {
    const values = await read(dataId);
    if (failure) throw failure;
    return values;
  };
}

import type { Tf } from '../types.js';

/**
 * How back ends get their packages. Each package is imported when its back end is first tried, because loading one takes up to a second and
 * two of them are optional. Tests supply their own.
 */
export interface Modules {
  /** The union package, because `@tensorflow/tfjs-core` alone has no gradients. All other packages register into the same core. */
  tfjs(): Promise<Tf>;
  /** Registers `tensorflow` and makes it current, or throws. */
  tensorflow(): Promise<unknown>;
  /** Dawn, which implements WebGPU for Node. */
  dawn(): Promise<Dawn>;
  /** Registers `webgpu` if `navigator.gpu` is there at its first import. */
  webgpu(): Promise<unknown>;
  /** Registers `wasm`. */
  wasm(): Promise<unknown>;
}

/** The part of the npm package `webgpu` that is used here. */
export interface Dawn {
  /** @param options Dawn's switches, such as `backend=vulkan`. */
  create(options: string[]): Gpu;
  /** `GPUBufferUsage` and other constants, to be copied to `globalThis`. */
  readonly globals: object;
}

/** The part of WebGPU's `GPU` that is used here. */
export interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
}

/** The part of WebGPU's `GPUAdapter` that is used here. */
export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
}

/** The part of WebGPU's `GPUAdapterInfo` that is used here. */
export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export const INSTALLED: Modules = {
  tfjs: () => import('@tensorflow/tfjs'),
  tensorflow: () => import('@tensorflow/tfjs-node-gpu'),
  dawn: async () => (await import('webgpu')) as unknown as Dawn,
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  wasm: () => import('@tensorflow/tfjs-backend-wasm'),
};

/** Whether an import failed because the package is absent, rather than because something in it went wrong. */
export function isNotInstalled(error: unknown, packageName: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(message).includes(`'${packageName}'`)
  );
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!.trim();
}

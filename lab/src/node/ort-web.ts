import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignwaveError } from '@signwave/format';

/** A session of ONNX Runtime Web's WebAssembly back end: one thread, float32, all graph optimizations. */
export interface OrtSession {
  readonly version: string;
  /** @param input floats (C, H, W), preprocessed. @returns the floats of `output`. */
  run(input: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

/** The part of onnxruntime-web that is used here; the package is a peer that may be missing. */
interface Ort {
  readonly env: {
    readonly versions: { readonly web?: string };
    readonly wasm: { numThreads?: number; proxy?: boolean };
    logLevel?: string;
  };
  readonly InferenceSession: { create(onnx: Uint8Array, options: object): Promise<OrtInferenceSession> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dimensions: readonly number[]) => object;
}

interface OrtInferenceSession {
  readonly inputMetadata: readonly { readonly shape: readonly number[] }[];
  run(feeds: { readonly input: object }): Promise<{ readonly output: { readonly data: Float32Array } }>;
  release(): Promise<void>;
}

/** Folders whose node_modules may hold the peer: the current folder, and the repository's bench package. */
const PLACES = ['.', 'bench'];

/**
 * @param onnx of a model with one input `input` and one output `output`, both float32; a batch called `N` becomes 1.
 * @throws {SignwaveError} `E_PEER` if onnxruntime-web isn't installed.
 */
export async function createOrtSession(onnx: Uint8Array): Promise<OrtSession> {
  const ort = await importOrt();
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = 'error';
  const session = await ort.InferenceSession.create(onnx, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { N: 1 },
  });
  const [, ...sides] = session.inputMetadata[0]!.shape;
  return {
    version: ort.env.versions.web ?? 'unknown',
    run: async (input) => {
      const { output } = await session.run({ input: new ort.Tensor('float32', input, [1, ...sides]) });
      return output.data;
    },
    release: () => session.release(),
  };
}

async function importOrt(): Promise<Ort> {
  for (const place of PLACES) {
    let path: string;
    try {
      path = createRequire(join(process.cwd(), place, 'package.json')).resolve('onnxruntime-web');
    } catch {
      continue;
    }
    const module = (await import(pathToFileURL(path).href)) as Ort & { readonly default?: Ort };
    return module.default ?? module;
  }
  throw new SignwaveError(
    'E_PEER',
    'onnxruntime-web is not installed here; run "npm install onnxruntime-web" in this folder (in the repository: npm run bench)',
  );
}

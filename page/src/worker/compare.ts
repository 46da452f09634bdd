import { channelsFirst, exportOnnx } from '@signwave/convert';
import { readModel, SignwaveError } from '@signwave/format';
import { argMax, randomInput, type Timing, timeInterleaved } from '@signwave/lab';
import { inputMap } from '@signwave/reference';
import { load } from '@signwave/runtime';
import type { Kernels } from './protocol.js';

/** The part of onnxruntime-web that is used here. */
interface Ort {
  readonly env: {
    readonly versions: { readonly web?: string };
    readonly wasm: { numThreads?: number; wasmPaths?: string };
    logLevel?: string;
  };
  readonly InferenceSession: {
    create(
      onnx: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: { readonly input: object }): Promise<{ readonly output: { readonly data: Float32Array } }>;
      release(): Promise<void>;
    }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dimensions: readonly number[]) => object;
}

const ROUNDS = 9;

/**
 * Times a model and its float twin in ONNX Runtime Web in turns, one thread each, from a preprocessed input to the outputs. Their first
 * classes must agree before anything is timed.
 *
 * @param ortFolder address of the page's copy of onnxruntime-web, ending with a slash.
 * @throws {SignwaveError} `E_PEER` if the copy is missing, or gives another class.
 */
export async function compareModel(bytes: Uint8Array, kernels: Kernels, ortFolder: string): Promise<readonly Timing[]> {
  const ort = await importOrt(ortFolder);
  const model = await load(bytes, { kernels });
  const { height, width, channels } = model.input;
  const floats = inputMap(model.input, randomInput(model.input, 1)).data;
  const session = await ort.InferenceSession.create(exportOnnx(readModel(bytes)), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { N: 1 },
  });
  const planar = channelsFirst(floats, channels);
  const runTheirs = async (): Promise<Float32Array> => {
    const input = new ort.Tensor('float32', planar, [1, channels, height, width]);
    return (await session.run({ input })).output.data;
  };
  try {
    if (argMax(await runTheirs()) !== argMax(model.run(floats))) {
      throw new SignwaveError('E_PEER', 'ONNX Runtime Web gives another class for this model; nothing was timed');
    }
    const name = `ONNX Runtime Web ${ort.env.versions.web ?? ''}`.trim();
    return await timeInterleaved(
      [
        { name: `signwave ${model.info().kernels}`, run: () => void model.run(floats) },
        { name, run: async () => void (await runTheirs()) },
      ],
      { rounds: ROUNDS },
    );
  } finally {
    model.dispose();
    await session.release();
  }
}

async function importOrt(folder: string): Promise<Ort> {
  let ort: Ort;
  try {
    ort = await import(`${folder}ort.wasm.min.mjs`);
  } catch (cause) {
    throw new SignwaveError('E_PEER', `ONNX Runtime Web can't be loaded from this page: ${(cause as Error).message}`, {
      cause,
    });
  }
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = folder;
  ort.env.logLevel = 'error';
  return ort;
}

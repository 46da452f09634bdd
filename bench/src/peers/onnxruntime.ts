import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { channelsFirst, exportOnnx } from '@signwave/convert';
import { type InputNode, SignwaveError } from '@signwave/format';
import { requireEqual, requireSameAnswer } from '../check.js';
import { outputShape, type UnitNetwork } from '../layer-networks.js';
import { floatOnnx } from './float-onnx.js';
import { int8Onnx, toBytes } from './int8-onnx.js';
import type { MissingPeer, Peer, Runnable } from './peer.js';

/** The part used here of the API that onnxruntime-web and onnxruntime-node share. */
interface Ort {
  readonly env: {
    readonly versions: { readonly web?: string; readonly node?: string };
    readonly wasm: { numThreads?: number; proxy?: boolean };
    logLevel?: string;
  };
  readonly InferenceSession: { create(onnx: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: Float32Array | Uint8Array, sides: readonly number[]) => object;
}

interface Session {
  readonly handler: object;
  run(feeds: { readonly input: object }): Promise<{ readonly output: { readonly data: Float32Array | Uint8Array } }>;
  release(): Promise<void>;
}

/** Tolerance for outputs of float layers, whose sums are in another order. */
const LAYER_TOLERANCE = 1e-4;
const NETWORK_TOLERANCE = 1e-3;

const OPTIONS = {
  web: { executionProviders: ['wasm'], graphOptimizationLevel: 'all' },
  node: {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  },
} as const;
const TITLES = { web: 'ONNX Runtime Web', node: 'ONNX Runtime, native' } as const;

/** Name of the class through which a session of the native package works. */
const NATIVE_HANDLER = 'OnnxruntimeSessionHandler';

/**
 * ONNX Runtime on one thread, in WebAssembly (`web`) or native (`node`): in float32, and layers in 8 bits with `QLinearConv` too.
 *
 * The two packages share a registry in which the first one to open takes the name `cpu`. Open `node` before `web`, or `node` runs
 * WebAssembly, too.
 */
export async function onnxRuntimePeers(kind: 'web' | 'node'): Promise<(Peer | MissingPeer)[]> {
  const name = `onnxruntime-${kind}`;
  const ids = { float32: `ort-${kind}-float32`, int8: `ort-${kind}-int8` };
  const titles = { float32: `${TITLES[kind]} float32`, int8: `${TITLES[kind]} int8` };
  let ort: Ort;
  try {
    ort = await importOrt(name);
  } catch (error) {
    const missing = { reason: `${name} can't be loaded here`, details: (error as Error).message };
    return (['float32', 'int8'] as const).map((type) => ({ id: ids[type], title: titles[type], ...missing }));
  }
  if (kind === 'web') Object.assign(ort.env.wasm, { numThreads: 1, proxy: false });
  ort.env.logLevel = 'error';
  const version = ort.env.versions[kind] ?? 'unknown';
  const open = async (onnx: Uint8Array): Promise<Session> => {
    const session = await ort.InferenceSession.create(onnx, OPTIONS[kind]);
    const isNative = session.handler.constructor.name === NATIVE_HANDLER;
    if (isNative !== (kind === 'node'))
      throw new SignwaveError(
        'E_PEER',
        `${name} runs on the back end of the other package: onnxruntime-node has to be loaded first`,
      );
    return session;
  };
  return [
    {
      id: ids.float32,
      title: titles.float32,
      version,
      layers: async (network) => {
        const { shape } = network.units[0]!;
        const input = new ort.Tensor('float32', channelsFirst(network.input, shape.inChannels), inputSides(network));
        const session = await open(floatOnnx(network));
        const tolerance = shape.activations === 'bits' ? 0 : LAYER_TOLERANCE;
        requireEqual(titles.float32, (await session.run({ input })).output.data, expectedOf(network), tolerance);
        return runnable(session, input);
      },
      network: async ({ model, input: values, expected }) => {
        const { height, width, channels } = model.graph.nodes[0] as InputNode;
        const input = new ort.Tensor('float32', channelsFirst(values, channels), [1, channels, height, width]);
        const session = await open(exportOnnx(model, { batch: 1 }));
        requireSameAnswer(titles.float32, (await session.run({ input })).output.data, expected, NETWORK_TOLERANCE);
        return runnable(session, input);
      },
    },
    {
      id: ids.int8,
      title: titles.int8,
      version,
      layers: async (network) => {
        const { shape } = network.units[0]!;
        if (shape.activations === 'floats') return 'float activations';
        const bytes = toBytes(channelsFirst(network.input, shape.inChannels));
        const input = new ort.Tensor('uint8', bytes, inputSides(network));
        const session = await open(int8Onnx(network));
        requireEqual(titles.int8, (await session.run({ input })).output.data, toBytes(expectedOf(network)), 0);
        return runnable(session, input);
      },
    },
  ];
}

function inputSides({ units }: UnitNetwork): number[] {
  const { inChannels, height, width } = units[0]!.shape;
  return [1, inChannels, height, width];
}

function expectedOf(network: UnitNetwork): Float32Array {
  return channelsFirst(network.expected, outputShape(network).channels);
}

function runnable(session: Session, input: object): Runnable {
  return { work: { run: async () => void (await session.run({ input })) }, release: () => session.release() };
}

async function importOrt(name: string): Promise<Ort> {
  const path = createRequire(resolve('bench/package.json')).resolve(name);
  const module = (await import(pathToFileURL(path).href)) as Ort & { readonly default?: Ort };
  return module.default ?? module;
}

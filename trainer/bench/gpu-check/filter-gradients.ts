import type { backend_util } from '@tensorflow/tfjs';
import { registerConvolutionGradients } from '../../src/backends/convolution-gradients.js';
import { useCpu } from '../../src/backends/cpu.js';
import { productOfColumns, registerFilterGradient, splitKGradient } from '../../src/backends/webgpu-filter-gradient.js';
import { seededRandom } from '../../src/random.js';
import type { Tensor2D, Tensor4D, Tf } from '../../src/types.js';
import { relativeDistance } from './distance.js';
import { type Findings, notMeasured, type Report } from './report.js';
import type { StockKernel } from './stock-kernel.js';

type Conv2DInfo = backend_util.Conv2DInfo;
type Variant = (tf: Tf, x: Tensor4D, dy: Tensor4D, info: Conv2DInfo) => Tensor4D;

/** tfjs's `MatMulProgramType.MatMulSplitKProgram`. */
const SPLIT_K_PROGRAM = 1;
const RUNS = 3;
const CHECKED_IMAGES = 2;
const TOLERANCE = 1e-4;

/** Ways to compute the gradient of a convolution with respect to its filter. */
const VARIANTS: Readonly<Record<string, Variant | 'stock'>> = {
  /** tfjs's kernel: one thread for each weight. */
  stock: 'stock',
  /** One product (C, P) (P, O) for each place of the filter. */
  'nine products': productsByPlace,
  /** im2col and one product, whose pixels tfjs splits and adds up by atomics. */
  'split-K by atomics': (tf, x, dy, info) =>
    productOfColumns(tf, x, dy, info, {
      product: (_, columns, pixels) => withProgram(tf, SPLIT_K_PROGRAM, () => tf.matMul(columns, pixels, true)),
    }),
  /** im2col and many products of parts of the pixels, added up afterwards: what the trainer has. */
  'split-K by parts': splitKGradient,
};

const LAYERS = [
  { layer: 'ResNet-20, 32 x 32, 16 to 16', size: 32, inChannels: 16, outChannels: 16, stride: 1 },
  { layer: 'ResNet-20, 32 x 32, 16 to 32, stride 2', size: 32, inChannels: 16, outChannels: 32, stride: 2 },
  { layer: 'ResNet-20, 8 x 8, 64 to 64', size: 8, inChannels: 64, outChannels: 64, stride: 1 },
  { layer: 'ResNet-18, 32 x 32, 64 to 64', size: 32, inChannels: 64, outChannels: 64, stride: 1 },
] as const;

/** Use a variant for all convolutions of the back end `webgpu`. */
export function useVariant(tf: Tf, name: string, stock: StockKernel): void {
  const variant = VARIANTS[name];
  if (variant === undefined)
    throw new Error(`no variant is called "${name}"; known: ${Object.keys(VARIANTS).join(', ')}`);
  if (variant === 'stock') stock.restore();
  else registerFilterGradient(tf, variant);
}

/**
 * Times all variants on layers of ResNet-20, and of ResNet-18 if that is one of the networks, after comparing each with the back end `cpu`.
 */
export async function compareVariants(
  tf: Tf,
  { batch, networks }: { batch: number; networks: readonly string[] },
  stock: StockKernel,
  record: (found: Findings<Report['filterGradients']>) => void,
): Promise<void> {
  const layers: Findings<Report['filterGradients']>['layers'] = [];
  const hasWide = networks.some((name) => name.startsWith('resnet18'));
  for (const { layer, size, inChannels, outChannels, stride } of LAYERS) {
    if (layer.startsWith('ResNet-18') && !hasWide) continue;
    const shapes = (images: number): Shapes => ({ images, size, inChannels, outChannels, stride });
    const expected = await onCpu(tf, shapes(CHECKED_IMAGES));
    const variants: (typeof layers)[number]['variants'] = {};
    layers.push({ layer, variants });
    for (const name of Object.keys(VARIANTS)) {
      const startMs = performance.now();
      try {
        useVariant(tf, name, stock);
        const error = relativeDistance(await gradientOf(tf, shapes(CHECKED_IMAGES)), expected);
        const ms = await timeOf(tf, shapes(batch));
        const seconds = (performance.now() - startMs) / 1000;
        variants[name] = { measured: true, seconds, ms, error, agrees: error <= TOLERANCE };
      } catch (error) {
        variants[name] = notMeasured((error as Error).message);
      }
      record({ batch, layers, fastest: fastestOf(layers) });
    }
  }
}

/** Of the variants that agree on all layers so far; tfjs's own if there is none. */
function fastestOf(layers: Findings<Report['filterGradients']>['layers']): string {
  let best = { name: 'stock', ms: Number.POSITIVE_INFINITY };
  for (const name of Object.keys(VARIANTS)) {
    const results = layers.map(({ variants }) => variants[name]);
    if (!results.every((it) => it?.measured && it.agrees)) continue;
    const ms = results.reduce((sum, it) => sum + (it?.measured ? it.ms : 0), 0);
    if (ms < best.ms) best = { name, ms };
  }
  return best.name;
}

interface Shapes {
  readonly images: number;
  readonly size: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
}

async function onCpu(tf: Tf, shapes: Shapes): Promise<Float32Array> {
  await useCpu(tf);
  registerConvolutionGradients(tf, 'cpu', ['filter']);
  const gradient = await gradientOf(tf, shapes);
  await tf.setBackend('webgpu');
  return gradient;
}

async function gradientOf(tf: Tf, shapes: Shapes): Promise<Float32Array> {
  const { run, dispose } = layerOf(tf, shapes);
  const result = run();
  const values = (await result.data()) as Float32Array;
  result.dispose();
  dispose();
  return values;
}

/** Milliseconds of one gradient, in a row of some. */
async function timeOf(tf: Tf, shapes: Shapes): Promise<number> {
  const { run, dispose } = layerOf(tf, shapes);
  const once = async (times: number): Promise<number> => {
    const startMs = performance.now();
    let last: Tensor4D | undefined;
    for (let i = 0; i < times; i++) {
      last?.dispose();
      last = run();
    }
    // The queue runs in order, so the last result is there when all are.
    await last!.data();
    last!.dispose();
    return (performance.now() - startMs) / times;
  };
  await once(1);
  const ms = await once(RUNS);
  dispose();
  return ms;
}

function layerOf(tf: Tf, { images, size, inChannels, outChannels, stride }: Shapes) {
  const random = seededRandom(1);
  const out = size / stride;
  const draw = (shape: [number, number, number, number]): Tensor4D =>
    tf.tensor4d(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * random.next() - 1),
      shape,
    );
  const x = draw([images, size, size, inChannels]);
  const dy = draw([images, out, out, outChannels]);
  const attributes = {
    strides: stride,
    pad: [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dimRoundingMode: 'floor',
    filterShape: [3, 3, inChannels, outChannels],
  };
  return {
    run: () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attributes) as Tensor4D,
    dispose: () => tf.dispose([x, dy]),
  };
}

function productsByPlace(tf: Tf, x: Tensor4D, dy: Tensor4D, info: Conv2DInfo): Tensor4D {
  const {
    padInfo,
    strideHeight,
    strideWidth,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth,
    inChannels,
    outChannels,
  } = info;
  const rows = (outHeight - 1) * strideHeight + filterHeight - info.inHeight - padInfo.top;
  const columns = (outWidth - 1) * strideWidth + filterWidth - info.inWidth - padInfo.left;
  return tf.tidy(() => {
    const padded = tf.pad(x, [
      [0, 0],
      [padInfo.top, Math.max(rows, 0)],
      [padInfo.left, Math.max(columns, 0)],
      [0, 0],
    ]);
    const pixels = tf.reshape(dy, [-1, outChannels]) as Tensor2D;
    const products: Tensor2D[] = [];
    for (let u = 0; u < filterHeight; u++) {
      for (let w = 0; w < filterWidth; w++) {
        const seen = tf.stridedSlice(
          padded,
          [0, u, w, 0],
          [x.shape[0], u + (outHeight - 1) * strideHeight + 1, w + (outWidth - 1) * strideWidth + 1, inChannels],
          [1, strideHeight, strideWidth, 1],
        );
        products.push(tf.matMul(tf.reshape(seen, [-1, inChannels]) as Tensor2D, pixels, true));
      }
    }
    return tf.reshape(tf.stack(products), [filterHeight, filterWidth, inChannels, outChannels]);
  });
}

function withProgram<T>(tf: Tf, type: number, run: () => T): T {
  const flag = 'WEBGPU_MATMUL_PROGRAM_TYPE';
  const before = tf.env().getNumber(flag);
  tf.env().set(flag, type);
  try {
    return run();
  } finally {
    tf.env().set(flag, before);
  }
}

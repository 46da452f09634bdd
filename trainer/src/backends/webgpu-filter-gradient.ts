import type { backend_util, KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import type { Tensor, Tensor2D, Tensor4D, Tf } from '../types.js';
import { conv2DInfo, replaceKernel } from './convolution-gradients.js';

// The gradient with respect to a filter as a product of matrices. With one row of `columns` for each output pixel p = (n, i, j), holding the
// patch that it was computed from (im2col),
//
//   dw[(u, v, c), o] = sum_p columns[p, (u, v, c)] dy[p, o].
//
// tfjs's own kernel has one thread for each weight, which reads all pixels: a layer of 16 channels keeps 2,304 threads busy. The product
// alone is not better, since its result is as small. So the pixels are split into parts, whose products run side by side (split-K).

type Conv2DInfo = backend_util.Conv2DInfo;

/** The part of tfjs's WebGPU back end that runs a shader: backend_webgpu.d.ts. */
interface ProgramRunner {
  runWebGPUProgram(program: object, inputs: readonly object[], type: 'float32'): TensorInfo;
}

const KERNEL = 'Conv2DBackpropFilter';
const WORKGROUP_SIZE = 256;
/** What a binding may hold on every device that has WebGPU, in bytes. */
const COLUMN_BYTES = 2 ** 27;
/** tfjs computes a product in tiles of 32 x 32, each by one workgroup. This many keep a large GPU busy. */
const WANTED_TILES = 1024;
const TILE = 32;
/** Below this many pixels for each part, adding up the parts takes longer than the products. */
const LEAST_PIXELS = 256;
/** Back ends whose kernel has been chosen. */
const chosen = new WeakMap<object, boolean>();
/** How much less time than tfjs's own kernel it has to take; a choice by less than that would change from run to run. */
const LEAST_GAIN = 1.5;

/**
 * Gradient of a convolution with respect to its filter, by a split-K product. On the back end `webgpu`.
 *
 * @param x (N, H, W, C).
 * @param dy (N, OH, OW, O).
 * @returns (kh, kw, C, O).
 */
export function splitKGradient(tf: Tf, x: Tensor4D, dy: Tensor4D, info: Conv2DInfo): Tensor4D {
  return productOfColumns(tf, x, dy, info, { product: splitProduct });
}

/**
 * The same by any product.
 *
 * @param product of columns (P, kh kw C) and dy (P, O); it returns (kh kw C, O).
 * @param columnBytes the most that columns may take; a batch that needs more is taken in pieces.
 */
export function productOfColumns(
  tf: Tf,
  x: Tensor4D,
  dy: Tensor4D,
  info: Conv2DInfo,
  {
    product,
    columnBytes = COLUMN_BYTES,
  }: { product: (tf: Tf, columns: Tensor2D, dy: Tensor2D) => Tensor2D; columnBytes?: number },
): Tensor4D {
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = info;
  const pixels = outHeight * outWidth;
  const imageBytes = pixels * filterHeight * filterWidth * inChannels * Float32Array.BYTES_PER_ELEMENT;
  const most = Math.max(1, Math.floor(columnBytes / imageBytes));
  return tf.tidy(() => {
    let sum: Tensor2D | undefined;
    for (let first = 0; first < batchSize; first += most) {
      const images = Math.min(most, batchSize - first);
      const take = (tensor: Tensor4D): Tensor4D =>
        images === batchSize
          ? tensor
          : tf.slice4d(tensor, [first, 0, 0, 0], [images, ...tensor.shape.slice(1)] as [
              number,
              number,
              number,
              number,
            ]);
      const columns = im2col(tf, take(x), info);
      const piece = product(tf, columns, tf.reshape(take(dy), [images * pixels, outChannels]));
      sum = sum ? tf.add(sum, piece) : piece;
    }
    return tf.reshape(sum!, [filterHeight, filterWidth, inChannels, outChannels]);
  });
}

function splitProduct(tf: Tf, columns: Tensor2D, dy: Tensor2D): Tensor2D {
  const [pixels, weights] = columns.shape;
  const [, channels] = dy.shape;
  const parts = partsOf(pixels, Math.ceil(weights / TILE) * Math.ceil(channels / TILE));
  if (parts === 1) return tf.matMul(columns, dy, true);
  const products = tf.matMul(
    tf.reshape(columns, [parts, pixels / parts, weights]),
    tf.reshape(dy, [parts, pixels / parts, channels]),
    true,
  );
  return tf.sum(products, 0);
}

/** Into how many equal parts the pixels are split for a product that has some tiles. */
export function partsOf(pixels: number, tiles: number): number {
  let parts = Math.max(1, Math.min(Math.ceil(WANTED_TILES / tiles), Math.floor(pixels / LEAST_PIXELS)));
  while (pixels % parts !== 0) parts--;
  return parts;
}

/** Patches as rows: (N, H, W, C) -> (N OH OW, kh kw C), with zeros for pads. */
function im2col(tf: Tf, x: Tensor4D, info: Conv2DInfo): Tensor2D {
  const backend = tf.backend() as unknown as ProgramRunner;
  const output = backend.runWebGPUProgram(new Im2colProgram(x.shape, info), [x], 'float32');
  return tf.engine().makeTensorFromTensorInfo(output) as Tensor2D;
}

/** A shader in tfjs's terms: webgpu_program.d.ts. Its profile names it by its class. */
class Im2colProgram {
  readonly outputShape: readonly [number, number];
  /** tfjs compiles one shader for each key; the code has all of these numbers inside. */
  readonly shaderKey: string;
  readonly dispatchLayout = { x: [0, 1] };
  /** Groups; tfjs spreads what is more than a dimension may have over the other two, and writes here. */
  dispatch: [number, number, number];
  readonly workgroupSize = [WORKGROUP_SIZE, 1, 1] as const;
  readonly variableNames = ['x'];
  readonly size = true;
  readonly #code: string;

  constructor([images, height, width, channels]: Tensor4D['shape'], info: Conv2DInfo) {
    const { strideHeight, strideWidth, padInfo, filterHeight, filterWidth, outHeight, outWidth } = info;
    const [rows, columns] = [images * outHeight * outWidth, filterHeight * filterWidth * channels];
    this.outputShape = [rows, columns];
    this.dispatch = [Math.ceil((rows * columns) / WORKGROUP_SIZE), 1, 1];
    this.#code = `
  fn main(index : i32) {
    if (index >= uniforms.size) { return; }
    let column = index % ${columns};
    let pixel = index / ${columns};
    let row = ((pixel / ${outWidth}) % ${outHeight}) * ${strideHeight} + column / ${filterWidth * channels} - ${padInfo.top};
    let place = (pixel % ${outWidth}) * ${strideWidth} + (column / ${channels}) % ${filterWidth} - ${padInfo.left};
    var value = 0.0;
    if (row >= 0 && row < ${height} && place >= 0 && place < ${width}) {
      value = getX(pixel / ${outHeight * outWidth}, row, place, column % ${channels});
    }
    setOutputAtIndex(index, value);
  }`;
    this.shaderKey = `signwave_im2col${this.#code}`;
  }

  getUserCode(): string {
    return this.#code;
  }
}

/** Replace tfjs's kernel, for all convolutions on `webgpu`. */
export function registerFilterGradient(
  tf: Tf,
  gradient: (tf: Tf, x: Tensor4D, dy: Tensor4D, info: Conv2DInfo) => Tensor4D,
): void {
  const kernel: KernelFunc = ({ inputs, attrs }) => {
    const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
    return gradient(tf, x, dy, conv2DInfo(tf, x.shape, attrs!.filterShape, attrs!));
  };
  replaceKernel(tf, KERNEL, 'webgpu', kernel);
}

/**
 * Times tfjs's own kernel and the split-K product on a layer of ResNet-20, and registers the product if it is clearly faster on this device.
 * A second call for the same back end changes nothing.
 *
 * @param images of the batch that is timed.
 * @returns whether it is.
 */
export async function chooseFilterGradient(tf: Tf, images = 32): Promise<boolean> {
  const backend = tf.backend();
  // A device on which one of them fails keeps tfjs's own; if it is that one, training says so.
  const isProduct = chosen.get(backend) ?? (await isProductFaster(tf, images).catch(() => false));
  chosen.set(backend, isProduct);
  if (isProduct) registerFilterGradient(tf, splitKGradient);
  return isProduct;
}

async function isProductFaster(tf: Tf, images: number): Promise<boolean> {
  const shape: [number, number, number, number] = [images, 32, 32, 16];
  const [x, dy] = [tf.ones(shape) as Tensor4D, tf.ones(shape) as Tensor4D];
  const attributes = { strides: 1, pad: 1, dataFormat: 'NHWC', filterShape: [3, 3, 16, 16] };
  const info = conv2DInfo(tf, shape, attributes.filterShape, attributes);
  try {
    const stock = await fastest(() => tf.engine().runKernel(KERNEL, { x, dy }, attributes) as Tensor);
    const product = await fastest(() => splitKGradient(tf, x, dy, info));
    return product * LEAST_GAIN < stock;
  } finally {
    tf.dispose([x, dy]);
  }
}

/** Time of the fastest of some runs in milliseconds; the first, which compiles shaders, doesn't count. */
async function fastest(run: () => Tensor): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    const startMs = performance.now();
    const result = run();
    await result.data();
    result.dispose();
    if (i > 0) best = Math.min(best, performance.now() - startMs);
  }
  return best;
}

import type { backend_util, KernelFunc } from '@tensorflow/tfjs';
import type { Tensor4D, Tf } from '../types.js';

// Both gradients of a convolution, written as convolutions, for back ends whose Conv2D is fast and whose gradients are slow or missing.
//
// The convolution, with strides (r, s) and t rows and l columns of zeros before the image:
//
//   y[n, i, j, o] = sum_{u, v, c} x[n, r i + u - t, s j + v - l, c] w[u, v, c, o]
//
//   x (N, H, W, C)    w (kh, kw, C, O)    y and dy (N, OH, OW, O)    dilation 1, groups 1
//
// Zeros after the image need no name: there are as many as it takes to reach OH and OW.

type Conv2DInfo = backend_util.Conv2DInfo;
type Pads = readonly [before: number, after: number];

/**
 * Gradient with respect to the filter:
 *
 *   dw[u, v, c, o] = sum_{n, i, j} x[n, r i + u - t, s j + v - l, c] dy[n, i, j, o]
 *
 * is a convolution in which channels act as images, images as channels, and dy as a filter with dilation (r, s):
 * image (C, H, W, N), filter (OH, OW, N, O), result (C, kh, kw, O).
 *
 * @param x (N, H, W, C).
 * @param dy (N, OH, OW, O).
 * @returns (kh, kw, C, O).
 */
function filterGradient(tf: Tf, x: Tensor4D, dy: Tensor4D, info: Conv2DInfo): Tensor4D {
  const { padInfo, strideHeight, strideWidth, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } =
    info;
  // Windows read (OH - 1) r + kh rows. That can be fewer than t + H, if a stride leaves out the last rows.
  const rows: Pads = [padInfo.top, (outHeight - 1) * strideHeight + filterHeight - inHeight - padInfo.top];
  const columns: Pads = [padInfo.left, (outWidth - 1) * strideWidth + filterWidth - inWidth - padInfo.left];
  return tf.tidy(() => {
    const image = tf.transpose(x, [3, 1, 2, 0]);
    const filter = tf.transpose(dy, [1, 2, 0, 3]);
    return tf.transpose(convolve(tf, image, filter, rows, columns, [strideHeight, strideWidth]), [1, 2, 0, 3]);
  });
}

/**
 * Gradient with respect to the input:
 *
 *   dx[n, h, k, c] = sum over i, j, u, v, o with r i + u - t = h and s j + v - l = k of dy[n, i, j, o] w[u, v, c, o]
 *
 * With D = dy and r - 1 (s - 1) zeros after each row (column), D[n, r i, s j, o] = dy[n, i, j, o], and w turned by
 * 180 degrees, w'[u', v', o, c] = w[kh - 1 - u', kw - 1 - v', c, o], it is
 *
 *   dx[n, h, k, c] = sum_{u', v', o} D[n, h + u' - (kh - 1 - t), k + v' - (kw - 1 - l), o] w'[u', v', o, c],
 *
 * a convolution of stride 1 with kh - 1 - t rows and kw - 1 - l columns of zeros before D.
 *
 * @param dy (N, OH, OW, O).
 * @param filter (kh, kw, C, O).
 * @returns (N, H, W, C).
 */
function inputGradient(tf: Tf, dy: Tensor4D, filter: Tensor4D, info: Conv2DInfo): Tensor4D {
  const { padInfo, strideHeight, strideWidth, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } =
    info;
  const top = filterHeight - 1 - padInfo.top;
  const left = filterWidth - 1 - padInfo.left;
  const rows: Pads = [top, inHeight + filterHeight - 1 - strideHeight * outHeight - top];
  const columns: Pads = [left, inWidth + filterWidth - 1 - strideWidth * outWidth - left];
  return tf.tidy(() => {
    const turned = filterHeight * filterWidth === 1 ? filter : tf.reverse(filter, [0, 1]);
    return convolve(tf, spread(tf, dy, info), tf.transpose(turned, [0, 1, 3, 2]), rows, columns, [1, 1]);
  });
}

/** Insert zeros: (N, OH, OW, O) -> (N, r OH, s OW, O), with the values at multiples of the strides. */
function spread(tf: Tf, dy: Tensor4D, { strideHeight, strideWidth }: Conv2DInfo): Tensor4D {
  const [images, height, width, channels] = dy.shape;
  if (strideHeight === 1 && strideWidth === 1) return dy;
  const pixels = tf.reshape(dy, [images * height * width, channels]);
  const wide = tf.pad(pixels, [
    [0, 0],
    [0, (strideWidth - 1) * channels],
  ]);
  const rowLength = width * strideWidth * channels;
  const high = tf.pad(tf.reshape(wide, [images * height, rowLength]), [
    [0, 0],
    [0, (strideHeight - 1) * rowLength],
  ]);
  return tf.reshape(high, [images, height * strideHeight, width * strideWidth, channels]);
}

/** A convolution of stride 1 whose pads may be negative, which leaves rows or columns out. */
function convolve(
  tf: Tf,
  image: Tensor4D,
  filter: Tensor4D,
  rows: Pads,
  columns: Pads,
  dilations: [number, number],
): Tensor4D {
  const [images, height, width, channels] = image.shape;
  const cut = (pad: number): number => Math.max(-pad, 0);
  const zeros = (pads: Pads): [number, number] => [Math.max(pads[0], 0), Math.max(pads[1], 0)];
  const isCut = [...rows, ...columns].some((pad) => pad < 0);
  const kept = isCut
    ? tf.slice4d(
        image,
        [0, cut(rows[0]), cut(columns[0]), 0],
        [images, height - cut(rows[0]) - cut(rows[1]), width - cut(columns[0]) - cut(columns[1]), channels],
      )
    : image;
  return tf.conv2d(kept, filter, 1, [[0, 0], zeros(rows), zeros(columns), [0, 0]], 'NHWC', dilations);
}

/** Replace a back end's gradient kernels by those of this file, or add them. */
export function registerConvolutionGradients(
  tf: Tf,
  backendName: string,
  gradients: readonly ('filter' | 'input')[],
): void {
  for (const gradient of gradients) {
    const isFilter = gradient === 'filter';
    replaceKernel(
      tf,
      isFilter ? 'Conv2DBackpropFilter' : 'Conv2DBackpropInput',
      backendName,
      isFilter ? filterKernel(tf) : inputKernel(tf),
    );
  }
}

export function replaceKernel(tf: Tf, kernelName: string, backendName: string, kernelFunc: KernelFunc): void {
  if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ kernelName, backendName, kernelFunc });
}

const filterKernel =
  (tf: Tf): KernelFunc =>
  ({ inputs, attrs }) => {
    const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
    return filterGradient(tf, x, dy, conv2DInfo(tf, x.shape, attrs!.filterShape, attrs!));
  };

const inputKernel =
  (tf: Tf): KernelFunc =>
  ({ inputs, attrs }) => {
    const { dy, filter } = inputs as unknown as { dy: Tensor4D; filter: Tensor4D };
    return inputGradient(tf, dy, filter, conv2DInfo(tf, attrs!.inputShape, filter.shape, attrs!));
  };

/** tfjs's own reading of a convolution's attributes, or its gradients'; `pad` is a number, pairs, `same` or `valid`. */
export function conv2DInfo(
  tf: Tf,
  inputShape: unknown,
  filterShape: unknown,
  { strides, pad, dilations, dimRoundingMode, dataFormat }: Readonly<Record<string, unknown>>,
): Conv2DInfo {
  type Arguments = Parameters<typeof backend_util.computeConv2DInfo>;
  if (dataFormat !== 'NHWC') throw new Error(`a convolution of layout ${dataFormat}: the trainer has NHWC only`);
  return tf.backend_util.computeConv2DInfo(
    inputShape as Arguments[0],
    filterShape as Arguments[1],
    strides as Arguments[2],
    (dilations ?? 1) as Arguments[3],
    pad as Arguments[4],
    dimRoundingMode as Arguments[5],
  );
}

import type { Tensor, Tensor1D, Tensor4D, Tf, Variable } from '../types.js';
import { type Initialiser, kaimingNormal, linearUniform } from './initialisers.js';
import type { LayerStore } from './layer-store.js';

/** Computes one map (N, H, W, C) from another. */
export type Layer = (x: Tensor4D, training: boolean) => Tensor4D;

export interface ConvolutionShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  /** Rows and columns of zeros on every side. */
  readonly pad?: number;
}

/**
 * `F.conv2d` without bias.
 *
 * @param x (N, H, W, I).
 * @param filters (O, I, kh, kw).
 * @returns (N, OH, OW, O), OH = floor((H + 2 pad - kh) / stride) + 1.
 */
export function convolve(tf: Tf, x: Tensor4D, filters: Tensor, stride: number, pad: number): Tensor4D {
  return tf.conv2d(x, tf.transpose(filters as Tensor4D, [2, 3, 1, 0]), stride, pad);
}

/** `nn.Conv2d` with float weights. @param options.hasBias default: false. */
export function convolution(
  store: LayerStore,
  name: string,
  { inChannels, outChannels, kernel, stride = 1, pad = 0 }: ConvolutionShape,
  {
    initialise = kaimingNormal,
    hasBias = false,
  }: { readonly initialise?: Initialiser; readonly hasBias?: boolean } = {},
): Layer {
  const { tf } = store;
  const weight: Variable = store.parameter(`${name}.weight`, [outChannels, inChannels, kernel, kernel], initialise);
  if (!hasBias) return (x) => convolve(tf, x, weight, stride, pad);
  const bias = store.parameter(`${name}.bias`, [outChannels], linearUniform(inChannels * kernel * kernel));
  return (x) => tf.add(convolve(tf, x, weight, stride, pad), bias as unknown as Tensor1D);
}

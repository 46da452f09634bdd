import { conv, depthwiseConv, fullyConnected } from './operators/convolutions.js';
import { binaryConv, dequantize, maxPool, quantize } from './operators/lce.js';
import { concatenation, mean, pad, pool, reshape, split } from './operators/maps.js';
import { add, clip, leakyRelu, multiply, prelu, sigmoid, softmax, subtract } from './operators/pointwise.js';
import type { Step } from './step.js';

/** For each operator that becomes nodes: how. It reads its operands from the step and defines its outputs there. */
export const LOWERING: Readonly<Record<string, (step: Step) => void>> = {
  LceQuantize: quantize,
  LceDequantize: dequantize,
  LceBMaxPool2d: maxPool,
  LceBconv2d: binaryConv,
  CONV_2D: conv,
  DEPTHWISE_CONV_2D: depthwiseConv,
  FULLY_CONNECTED: fullyConnected,
  MUL: multiply,
  ADD: add,
  SUB: subtract,
  RELU: clip('relu'),
  RELU6: clip('relu6'),
  RELU_N1_TO_1: clip('relu-1..1'),
  PRELU: prelu,
  LEAKY_RELU: leakyRelu,
  LOGISTIC: sigmoid,
  MAX_POOL_2D: pool('maxPool'),
  AVERAGE_POOL_2D: pool('avgPool'),
  MEAN: mean,
  CONCATENATION: concatenation,
  SPLIT: split,
  PAD: pad,
  RESHAPE: reshape,
  SOFTMAX: softmax,
};

const NO_INT8 = 'Train and convert it without int8 quantization';
const ONE_BIT_ONLY = 'Quantizers of several bits or levels have no binary form: use larq’s ste_sign or approx_sign';

/** For operators that are known and have no nodes: what to change in the Keras model. */
export const ADVICE: ReadonlyMap<string, string> = new Map([
  ['SIGN', ONE_BIT_ONLY],
  ['ROUND', ONE_BIT_ONLY],
  ['MINIMUM', ONE_BIT_ONLY],
  ['MAXIMUM', 'Use a ReLU or a PReLU'],
  ['QUANTIZE', NO_INT8],
  ['DEQUANTIZE', NO_INT8],
  ['TRANSPOSE_CONV', 'Use an upsampling and a convolution'],
  ['LceBsign', 'It was written by Larq Compute Engine before 0.4: convert the Keras model again'],
]);

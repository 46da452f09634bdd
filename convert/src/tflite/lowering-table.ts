import type { Step } from './lowering.js';
import { conv, depthwiseConv, fullyConnected } from './operators/convolutions.js';
import { binaryConv, dequantize, maxPool, quantize } from './operators/lce.js';
import { concatenation, mean, pad, pool, reshape, split } from './operators/maps.js';
import { add, clip, leakyRelu, multiply, prelu, softmax, subtract } from './operators/pointwise.js';

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
  MAX_POOL_2D: pool('maxPool'),
  AVERAGE_POOL_2D: pool('avgPool'),
  MEAN: mean,
  CONCATENATION: concatenation,
  SPLIT: split,
  PAD: pad,
  RESHAPE: reshape,
  SOFTMAX: softmax,
};

/** For operators that are known and have no nodes: what to change in the Keras model. */
export const ADVICE: Readonly<Record<string, string>> = {
  SIGN: 'Use a quantizer of larq before a binary layer (ste_sign), not tf.sign on its own',
  ROUND: 'Quantizers of more than one bit (dorefa_quantizer) have no binary form: use ste_sign',
  MINIMUM: 'Quantizers of more than one bit (dorefa_quantizer) have no binary form: use ste_sign',
  MAXIMUM: 'Use an activation that is a ReLU or a PReLU',
  QUANTIZE: 'Train and convert it without int8 quantization',
  DEQUANTIZE: 'Train and convert it without int8 quantization, and store no float16 weights',
  TRANSPOSE_CONV: 'Use an upsampling and a convolution',
  LceBsign: 'It was written by Larq Compute Engine before 0.4: convert the Keras model again',
};

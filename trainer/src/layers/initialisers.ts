import { standardNormal } from '../random.js';
import type { RandomState } from '../types.js';

/** Gives the values of a new parameter, row-major in PyTorch's shape. */
export type Initialiser = (shape: readonly number[], random: RandomState) => Float32Array;

const elements = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** The number of inputs that one output sums over: I kh kw for (O, I, kh, kw), I for (O, I). */
const fanIn = (shape: readonly number[]): number => elements(shape.slice(1));

export const constant =
  (value: number): Initialiser =>
  (shape) =>
    new Float32Array(elements(shape)).fill(value);

/** Uniform in [low, high). */
export const uniform =
  (low: number, high: number): Initialiser =>
  (shape, random) =>
    Float32Array.from({ length: elements(shape) }, () => low + (high - low) * random.next());

/** Normal with mean 0. */
export const normal =
  (deviation: number): Initialiser =>
  (shape, random) =>
    Float32Array.from({ length: elements(shape) }, () => deviation * standardNormal(random));

/** `init.kaiming_normal_` with its defaults: normal with deviation sqrt(2 / fan_in). */
export const kaimingNormal: Initialiser = (shape, random) => normal(Math.sqrt(2 / fanIn(shape)))(shape, random);

/** Normal with deviation sqrt(2 / (kh kw O)), as in the authors' VGG. */
export const fanOutNormal: Initialiser = (shape, random) => {
  const [filters, , height, width] = shape as readonly [number, number, number, number];
  return normal(Math.sqrt(2 / (filters * height * width)))(shape, random);
};

/** Keras draws again what lies beyond two deviations, and starts from a deviation that is as much larger as that makes it smaller. */
const TRUNCATED_PART = 0.87962566103423978;

function truncatedNormal(shape: readonly number[], random: RandomState, deviation: number): Float32Array {
  const within = (): number => {
    const value = standardNormal(random);
    return Math.abs(value) > 2 ? within() : value;
  };
  return Float32Array.from({ length: elements(shape) }, () => (deviation / TRUNCATED_PART) * within());
}

/** The number of outputs that one input has a part in: O kh kw for (O, I, kh, kw), O for (O, I). */
const fanOut = ([outer = 1, , ...taps]: readonly number[]): number => outer * elements(taps);

/** Keras's `he_normal`: truncated, with deviation sqrt(2 / fan_in). */
export const heNormal: Initialiser = (shape, random) => truncatedNormal(shape, random, Math.sqrt(2 / fanIn(shape)));

/** Keras's `glorot_normal`: truncated, with deviation sqrt(2 / (fan_in + fan_out)). */
export const glorotNormal: Initialiser = (shape, random) =>
  truncatedNormal(shape, random, Math.sqrt(2 / (fanIn(shape) + fanOut(shape))));

/** Keras's `glorot_uniform` of a depthwise convolution (C, 1, kh, kw), whose fans are taken from its kernel (kh, kw, C, 1): C kh kw and kh kw. */
export const glorotUniformEach: Initialiser = (shape, random) => {
  const limit = Math.sqrt(6 / (elements(shape) + fanIn(shape)));
  return uniform(-limit, limit)(shape, random);
};

/** Initial weights of `nn.Conv2d` and `nn.Linear`: uniform in +-1/sqrt(fan_in). */
export const fanInUniform: Initialiser = (shape, random) => linearUniform(fanIn(shape))(shape, random);

/** Initial values of `nn.Linear`, for weight and bias alike: uniform in +-1/sqrt(inputs). */
export const linearUniform = (inputs: number): Initialiser => uniform(-1 / Math.sqrt(inputs), 1 / Math.sqrt(inputs));

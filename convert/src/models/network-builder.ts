import {
  GraphBuilder,
  type InputRecipe,
  type MapShape,
  type Pads,
  SignwaveError,
  type Tensor,
  type Value,
} from '@signwave/format';
import { type PadValue, withPadsOf } from './pads-of-ones.js';
import { bitFilters, channelsLast, type FilterRequest, floatFilters, type State, type TorchShape } from './state.js';
import { type WeightRule, type WeightRuleName, weightRule } from './weight-rules.js';

/** PyTorch's default for BatchNorm. */
const BATCH_NORM_EPSILON = 1e-5;

/** What the source network's sign gives for 0: 0 as in PyTorch, or one of its values. */
export type SignOfZero = 0 | 1 | -1;
export const SIGNS_OF_ZERO: readonly SignOfZero[] = [0, 1, -1];

/** What is known about a network besides its tensors. */
export interface NetworkFacts {
  /** BiPer's angular frequency; 0 for methods without one. */
  readonly omega0: number;
  readonly recipe?: InputRecipe;
  readonly classes: number;
  /** Default 0, like `torch.sign`. */
  readonly signOfZero?: SignOfZero;
}

type SignOptions = NonNullable<Parameters<GraphBuilder['sign']>[1]> & { readonly signOfZero?: SignOfZero };

export interface FloatConvOptions {
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly pad?: number | Pads;
  readonly groups?: number;
  /** `bias=True`, PyTorch's default. */
  readonly hasBias?: boolean;
}

export interface BinaryConvOptions {
  readonly outChannels: number;
  /** Default 3. */
  readonly kernel?: number;
  readonly stride?: number;
  /** Default: half of the kernel, which keeps the map's size. */
  readonly pad?: number | Pads;
  /** What lies around the signs; default: 0, as in PyTorch. Others need one number as `pad`. */
  readonly padValue?: PadValue;
  readonly groups?: number;
  /** How latent weights become signs: the name of a method's rule, or a rule of your own. */
  readonly weights: WeightRuleName | WeightRule;
  /** Threshold of each input channel: activations are +1 above it, -1 below. Default 0. */
  readonly threshold?: Float32Array;
  /** Sign of 0 for activations and weights; default: the network's. */
  readonly signOfZero?: SignOfZero;
  /** Only weights are signs; activations stay floats (1W/32A). */
  readonly keepsFloats?: boolean;
  readonly hasBias?: boolean;
  /** Name of the tensor; default: `name`.weight. */
  readonly tensor?: string;
  /** Shape of the tensor, if it isn't (O, I / groups, kh, kw). */
  readonly stored?: TorchShape;
}

export interface BatchNormOptions {
  readonly epsilon?: number;
  readonly isAffine?: boolean;
  readonly minGamma?: number;
  readonly isFlat?: boolean;
}

/** Packed signs of a layer. */
interface Quantized {
  readonly weights: Tensor;
  readonly upper?: Tensor;
  readonly scale?: Float32Array;
}
const NO_WEIGHTS: Tensor = { dtype: 'bits', shape: [0, 0, 0, 0], data: new Uint8Array(0) };

/** Share of a layer's weights that may be 0. A few, caused by rounding, cost the layer a second set of bits; no binary network has more. */
const MAX_ZERO_PART = 0.01;

export type BinaryLinearOptions = Pick<BinaryConvOptions, 'weights' | 'keepsFloats' | 'hasBias' | 'signOfZero'>;

/**
 * Writes a network's graph, taking its tensors from a checkpoint as it goes: the operations of {@link GraphBuilder}, and PyTorch's layers by
 * the names that they have in the state dict. Nothing is folded here.
 */
export class NetworkBuilder extends GraphBuilder {
  readonly omega0: number;
  readonly classes: number;
  readonly #recipe: InputRecipe | undefined;
  readonly #signOfZero: SignOfZero;
  /** Shapes of the maps from which vectors were made that have one element for each of the map's. */
  readonly #flattened = new Map<Value, MapShape>();

  constructor(
    readonly state: State,
    { omega0, recipe, classes, signOfZero = 0 }: NetworkFacts,
  ) {
    super();
    this.omega0 = omega0;
    this.classes = classes;
    this.#recipe = recipe;
    this.#signOfZero = signOfZero;
  }

  /** @param options.signOfZero what the source gives for an input equal to the threshold; default: the network's. */
  override sign(x: Value, { signOfZero = this.#signOfZero, ...options }: SignOptions = {}): Value {
    const rules = {
      '0': { zeroRule: 'plus', sourceZeroRule: 'zero' },
      '1': { zeroRule: 'plus', sourceZeroRule: 'plus' },
      '-1': { zeroRule: 'minus', sourceZeroRule: 'minus' },
    } as const;
    return super.sign(x, { ...rules[`${signOfZero}`], ...options });
  }

  /**
   * The input, with the recipe that the user or the architecture chose. @throws {SignwaveError} `E_USAGE` if the recipe is for other
   * images.
   */
  image(height: number, width: number, channels: number): Value {
    if (this.#recipe) checkRecipeFits(this.#recipe, { height, width, channels });
    return this.input({ height, width, channels }, this.#recipe);
  }

  /** `nn.Conv2d` with float weights. */
  floatConv(x: Value, name: string, options: FloatConvOptions): Value {
    const { outChannels, kernel, stride = 1, pad = 0, groups = 1, hasBias = false } = options;
    const weights = this.state.filters({
      name: `${name}.weight`,
      shape: [outChannels, this.shapeOf(x).channels / groups, kernel, kernel],
      pack: floatFilters,
    });
    const y = this.conv(x, weights, { name, stride, pad, groups });
    return hasBias ? this.#withBias(y, name, outChannels) : y;
  }

  /** A convolution of signs by signs: the sign of the activations, that of the weights, their convolution, its scale and bias. */
  binaryConv(x: Value, name: string, options: BinaryConvOptions): Value {
    const {
      outChannels,
      kernel = 3,
      stride = 1,
      pad = Math.floor(kernel / 2),
      groups = 1,
      threshold,
      stored,
      padValue = 0,
    } = options;
    const { weights: rule, tensor = `${name}.weight`, keepsFloats = false, hasBias = false } = options;
    const { signOfZero = this.#signOfZero } = options;
    const request = {
      name: tensor,
      shape: [outChannels, this.shapeOf(x).channels / groups, kernel, kernel] as const,
      ...(stored && { stored }),
    };
    const quantized = this.#quantized(request, rule, signOfZero);
    const operand = keepsFloats ? x : this.sign(x, { signOfZero, ...(threshold && { threshold }) });
    return this.#scaled(
      quantized,
      (weights) => {
        const sums = this.conv(operand, weights, { name, stride, pad, groups });
        if (padValue === 0 || typeof pad !== 'number') return sums;
        return withPadsOf(this, sums, weights, { stride, pad, operand: this.shapeOf(operand) }, padValue);
      },
      hasBias ? this.state.take(`${name}.bias`, [outChannels]) : undefined,
    );
  }

  /** `nn.Linear` of signs by signs. A map is flattened as in PyTorch, and the columns of the weights are put in the format's order. */
  binaryLinear(x: Value, name: string, outputs: number, options: BinaryLinearOptions): Value {
    const { weights: rule, keepsFloats = false, hasBias = true, signOfZero = this.#signOfZero } = options;
    const { height, width, channels } = this.#mapShape(x);
    const shape = [outputs, channels, height, width] as const;
    const quantized = this.#quantized({ name: `${name}.weight`, shape, isFlat: true }, rule, signOfZero);
    const vector = this.#flat(x);
    const operand = keepsFloats ? vector : this.sign(vector, { signOfZero });
    return this.#scaled(
      quantized,
      (weights) => this.linear(operand, weights, { name }),
      hasBias ? this.state.take(`${name}.bias`, [outputs]) : undefined,
    );
  }

  /** `nn.Linear` with float weights, on a vector or on a flattened map; then the columns of the weights are put in the format's order. */
  floatLinear(x: Value, name: string, outputs: number): Value {
    const { height, width, channels } = this.#mapShape(x);
    const weights = this.state.filters({
      name: `${name}.weight`,
      shape: [outputs, channels, height, width],
      isFlat: true,
      pack: floatFilters,
    });
    return this.#withBias(this.linear(this.#flat(x), weights, { name }), name, outputs);
  }

  /**
   * `nn.BatchNorm1d` or `nn.BatchNorm2d` in evaluation mode, as one affine: y = x * m + (beta - mean * m), m = gamma / sqrt(var + epsilon),
   * computed in binary64 and rounded once.
   *
   * @param options.isAffine PyTorch's `affine`: if false, gamma is 1 and beta 0. @param options.minGamma gamma is clamped to at least this.
   * @param options.isFlat it normalises a flattened map and has numbers of its own for every pixel.
   */
  batchNorm(x: Value, name: string, options: BatchNormOptions = {}): Value {
    const { epsilon = BATCH_NORM_EPSILON, isAffine = true, minGamma = Number.NEGATIVE_INFINITY } = options;
    const map = this.#mapShape(x);
    if (options.isFlat) {
      const vector = this.#flat(x);
      const y = this.#batchNorm(vector, name, { epsilon, isAffine, minGamma }, map);
      this.#flattened.set(y, map);
      return y;
    }
    return this.#batchNorm(x, name, { epsilon, isAffine, minGamma }, { ...map, height: 1, width: 1 });
  }

  /** @param map the shape whose elements, in PyTorch's order, have numbers of their own. */
  #batchNorm(x: Value, name: string, options: Required<Omit<BatchNormOptions, 'isFlat'>>, map: MapShape): Value {
    const { epsilon, isAffine, minGamma } = options;
    const { channels } = this.shapeOf(x);
    const take = (part: string): Float32Array =>
      channelsLast(this.state.take(`${name}.${part}`, [channels]), [1, map.channels, map.height, map.width]);
    const gamma = isAffine ? take('weight') : new Float32Array(channels).fill(1);
    const beta = isAffine ? take('bias') : new Float32Array(channels);
    const mean = take('running_mean');
    const variance = take('running_var');
    this.state.skip(`${name}.num_batches_tracked`, [[]], { isOptional: true });
    const scale = Float64Array.from(gamma, (value, c) => {
      const root = Math.sqrt(variance[c]! + epsilon);
      return Number.isNaN(root) ? refuseVariance(name, variance[c]!, c) : Math.max(value, minGamma) / root;
    });
    const bias = Float32Array.from(beta, (value, c) => value - mean[c]! * scale[c]!);
    return this.affine(x, Float32Array.from(scale), bias);
  }

  /** Declares tensors of a batch norm that the network has but its `forward` doesn't use. */
  unusedBatchNorm(name: string, channels: number, options: { readonly isOptional?: boolean } = {}): void {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      this.state.skip(`${name}.${part}`, [[channels]], options);
    this.state.skip(`${name}.num_batches_tracked`, [[]], { isOptional: true });
  }

  /** A learned factor for each channel. @param name of the tensor. @param shape default: (C), (C, 1, 1) or (1, C, 1, 1). */
  learnedScale(x: Value, name: string, shape?: TorchShape): Value {
    return this.affine(x, this.#channelVector(x, name, shape));
  }

  /** A learned term for each channel. @param name of the tensor. @param shape default: the same as in {@link learnedScale}. */
  learnedBias(x: Value, name: string, shape?: TorchShape): Value {
    return this.affine(x, new Float32Array(this.shapeOf(x).channels).fill(1), this.#channelVector(x, name, shape));
  }

  #channelVector(x: Value, name: string, shape: TorchShape | undefined): Float32Array {
    const { channels } = this.shapeOf(x);
    return this.state.take(name, ...(shape ? [shape] : [[channels], [channels, 1, 1], [1, channels, 1, 1]]));
  }

  /** `nn.PReLU` with a slope for each channel. */
  learnedPrelu(x: Value, name: string): Value {
    return this.prelu(x, this.state.take(`${name}.weight`, [this.shapeOf(x).channels]));
  }

  /**
   * `nn.Flatten`, which does nothing here. Linear layers flatten the map that they are given, and put their columns, which PyTorch has in
   * the order (C, H, W), into the format's order. A flattened map no longer has the shape needed for that.
   */
  override flatten(x: Value): Value {
    return x;
  }

  #flat(x: Value): Value {
    const { height, width } = this.shapeOf(x);
    return height * width === 1 ? x : super.flatten(x);
  }

  /** Shape of a map, or of the map that a vector was made from. */
  #mapShape(x: Value): MapShape {
    return this.#flattened.get(x) ?? this.shapeOf(x);
  }

  /**
   * @returns the packed tensor, and what is only known once it is packed, so read that afterwards: its scale, and, if some weights have the
   *   sign 0, as float16 gives for small ones, a second tensor that has +1 where the first has -1.
   */
  #quantized(
    request: Omit<FilterRequest, 'pack'>,
    weights: WeightRuleName | WeightRule,
    signOfZero: SignOfZero,
  ): Quantized {
    const rule = typeof weights === 'string' ? weightRule(weights, this.omega0) : weights;
    const [outer, inner, height, width] = request.shape;
    const shape = request.isFlat ? ([outer, inner * height * width, 1, 1] as const) : request.shape;
    const result: { -readonly [P in keyof Quantized]: Quantized[P] } = { weights: NO_WEIGHTS };
    result.weights = this.state.filters({
      ...request,
      pack: (values, filters) => {
        const { signs: found, scale } = rule({ name: request.name, values, shape });
        const signs = signOfZero === 0 ? found : found.map((w) => w || signOfZero);
        if (scale) result.scale = scale;
        const zeros = countZeros(signs);
        if (zeros > MAX_ZERO_PART * signs.length) refuseZeros(request.name, zeros);
        if (zeros > 0)
          result.upper = bitFilters(
            signs.map((w) => w || 1),
            filters,
          );
        return bitFilters(signs, filters);
      },
    });
    return result;
  }

  /**
   * A layer's sums of signs, with scale and bias. If a weight is 0, the sum is the mean of the sums with -1 and +1, which is exact because
   * those are whole.
   */
  #scaled({ weights, upper, scale }: Quantized, layer: (weights: Tensor) => Value, bias?: Float32Array): Value {
    const sums = upper ? this.add(layer(weights), layer(upper)) : layer(weights);
    if (!upper && !scale && !bias) return sums;
    const { channels } = this.shapeOf(sums);
    const factor = scale ?? new Float32Array(channels).fill(1);
    return this.affine(sums, upper ? factor.map((value) => value / 2) : factor, bias);
  }

  #withBias(y: Value, name: string, channels: number): Value {
    return this.affine(y, new Float32Array(channels).fill(1), this.state.take(`${name}.bias`, [channels]));
  }
}

function checkRecipeFits({ mean, resize }: InputRecipe, { height, width, channels }: MapShape): void {
  const what =
    mean.length !== channels
      ? `has numbers for ${mean.length} channels`
      : resize?.mode === 'shorterSide' && resize.sizePixels < Math.max(height, width)
        ? `resizes the shorter side to ${resize.sizePixels} pixels`
        : undefined;
  if (what === undefined) return;
  throw new SignwaveError(
    'E_USAGE',
    `the input recipe ${what}, but the network takes images of ${height} x ${width} x ${channels}; give one that fits (--preprocess)`,
  );
}

/** @throws {SignwaveError} `E_CHECKPOINT_TENSOR` for a weight whose sign is 0 in PyTorch, which one bit can't express. */
export function checkSigns(signs: Float32Array, name: string): void {
  const zeros = countZeros(signs);
  if (zeros > 0) refuseZeros(name, zeros);
}

function countZeros(signs: Float32Array): number {
  return signs.reduce((count, w) => count + Number(!(w > 0 || w < 0)), 0);
}

function refuseZeros(name: string, zeros: number): never {
  throw new SignwaveError(
    'E_CHECKPOINT_TENSOR',
    `tensor "${name}" holds ${zeros} weights whose sign is 0, neither +1 nor -1. ` +
      'Was it initialised with zeros, or pruned? A checkpoint in training has none.',
  );
}

function refuseVariance(name: string, variance: number, channel: number): never {
  throw new SignwaveError(
    'E_CHECKPOINT_TENSOR',
    `tensor "${name}.running_var" holds ${variance} at element ${channel}; a variance can't be negative`,
  );
}

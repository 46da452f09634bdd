import { GraphBuilder, type InputRecipe, type Pads, SignwaveError, type Value } from '@signwave/format';
import { bitFilters, type FilterRequest, floatFilters, type State, type TorchShape } from './state.js';
import { type WeightRule, type WeightRuleName, weightRule } from './weight-rules.js';

/** PyTorch's default for BatchNorm. */
const BATCH_NORM_EPSILON = 1e-5;

/** What is known about a network besides its tensors. */
export interface NetworkFacts {
  /** BiPer's angular frequency; 0 where the method has none. */
  readonly omega0: number;
  readonly recipe?: InputRecipe;
  readonly classes: number;
}

export interface FloatConvOptions {
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly pad?: number;
  readonly groups?: number;
  /** `bias=True`, PyTorch's default. */
  readonly hasBias?: boolean;
}

export interface BinaryConvOptions {
  readonly outChannels: number;
  /** Default 3. */
  readonly kernel?: number;
  readonly stride?: number;
  /** Default: half of the kernel, so that the map keeps its size. */
  readonly pad?: number | Pads;
  readonly groups?: number;
  /** How latent weights become signs: a method's rule, or one of your own. */
  readonly weights: WeightRuleName | WeightRule;
  /** Of each input channel: activations are +1 above it, -1 below; default 0. */
  readonly threshold?: Float32Array;
  /** Signs of the weights only; activations stay floats (1W/32A). */
  readonly keepsFloats?: boolean;
  readonly hasBias?: boolean;
  /** Name of the tensor; default: `name`.weight. */
  readonly tensor?: string;
  /** Shape of the tensor, if it isn't (O, I / groups, kh, kw). */
  readonly stored?: TorchShape;
}

export type BinaryLinearOptions = Pick<BinaryConvOptions, 'weights' | 'keepsFloats' | 'hasBias'>;

/**
 * Writes a network's graph, taking its tensors from a checkpoint as it goes: the operations of {@link GraphBuilder}, and PyTorch's layers by
 * the names that they have in the state dict. Nothing is folded here.
 */
export class NetworkBuilder extends GraphBuilder {
  readonly omega0: number;
  readonly classes: number;
  readonly #recipe: InputRecipe | undefined;

  constructor(
    readonly state: State,
    { omega0, recipe, classes }: NetworkFacts,
  ) {
    super();
    this.omega0 = omega0;
    this.classes = classes;
    this.#recipe = recipe;
  }

  /** The input, with the recipe that the user or the architecture chose. */
  image(height: number, width: number, channels: number): Value {
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
    } = options;
    const { weights: rule, tensor = `${name}.weight`, keepsFloats = false, hasBias = false } = options;
    const request = {
      name: tensor,
      shape: [outChannels, this.shapeOf(x).channels / groups, kernel, kernel] as const,
      ...(stored && { stored }),
    };
    const { weights, scale } = this.#quantized(request, rule);
    const operand = keepsFloats ? x : this.sign(x, { ...(threshold && { threshold }) });
    const y = this.conv(operand, weights, { name, stride, pad, groups });
    return this.#scaled(y, name, outChannels, scale(), hasBias);
  }

  /** `nn.Linear` of signs by signs. A map is flattened as PyTorch does; the weights' columns are put in the format's order. */
  binaryLinear(x: Value, name: string, outputs: number, options: BinaryLinearOptions): Value {
    const { weights: rule, keepsFloats = false, hasBias = true } = options;
    const { height, width, channels } = this.shapeOf(x);
    const shape = [outputs, channels, height, width] as const;
    const { weights, scale } = this.#quantized({ name: `${name}.weight`, shape, isFlat: true }, rule);
    const vector = this.#flat(x);
    const y = this.linear(keepsFloats ? vector : this.sign(vector), weights, { name });
    return this.#scaled(y, name, outputs, scale(), hasBias);
  }

  /** `nn.Linear` with float weights on a vector or a flattened map, whose columns are put in the format's order. */
  floatLinear(x: Value, name: string, outputs: number): Value {
    const { height, width, channels } = this.shapeOf(x);
    const weights = this.state.filters({
      name: `${name}.weight`,
      shape: [outputs, channels, height, width],
      isFlat: true,
      pack: floatFilters,
    });
    return this.#withBias(this.linear(this.#flat(x), weights, { name }), name, outputs);
  }

  /**
   * `nn.BatchNorm1d` or `nn.BatchNorm2d` in evaluation mode, as one affine:
   * y = x * m + (beta - mean * m), m = gamma / sqrt(var + epsilon), computed in binary64 and rounded once.
   *
   * @param options.isAffine PyTorch's `affine`: without it gamma is 1 and beta 0. @param options.minGamma gamma is clamped to this.
   */
  batchNorm(
    x: Value,
    name: string,
    options: { readonly epsilon?: number; readonly isAffine?: boolean; readonly minGamma?: number } = {},
  ): Value {
    const { epsilon = BATCH_NORM_EPSILON, isAffine = true, minGamma = Number.NEGATIVE_INFINITY } = options;
    const { channels } = this.shapeOf(x);
    const take = (part: string): Float32Array => this.state.take(`${name}.${part}`, [channels]);
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

  /** Tensors of a batch norm that the network has and its `forward` doesn't use. */
  unusedBatchNorm(name: string, channels: number): void {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      this.state.skip(`${name}.${part}`, [[channels]]);
    this.state.skip(`${name}.num_batches_tracked`, [[]], { isOptional: true });
  }

  /** A learned factor for each channel. @param name of the tensor (C, 1, 1). */
  learnedScale(x: Value, name: string): Value {
    return this.affine(x, this.state.take(name, [this.shapeOf(x).channels, 1, 1]));
  }

  /** A learned term for each channel. @param name of the tensor. @param shape default (C). */
  learnedBias(x: Value, name: string, shape: TorchShape = [this.shapeOf(x).channels]): Value {
    return this.affine(x, new Float32Array(this.shapeOf(x).channels).fill(1), this.state.take(name, shape));
  }

  /** `nn.PReLU` with a slope for each channel. */
  learnedPrelu(x: Value, name: string): Value {
    return this.prelu(x, this.state.take(`${name}.weight`, [this.shapeOf(x).channels]));
  }

  /**
   * `nn.Flatten`: nothing to do here. Linear layers flatten the map that they are given, and put their columns, which PyTorch has in the order
   * (C, H, W), into the format's; a flattened map has lost what that takes.
   */
  override flatten(x: Value): Value {
    return x;
  }

  #flat(x: Value): Value {
    const { height, width } = this.shapeOf(x);
    return height * width === 1 ? x : super.flatten(x);
  }

  /** @returns the packed tensor, and its scale: filled while it is packed, so ask for it afterwards. */
  #quantized(request: Omit<FilterRequest, 'pack'>, weights: WeightRuleName | WeightRule) {
    const rule = typeof weights === 'string' ? weightRule(weights, this.omega0) : weights;
    let scale: Float32Array | undefined;
    const tensor = this.state.filters({
      ...request,
      pack: (values, filters) => {
        const quantized = rule({ name: request.name, values, shape: request.shape });
        scale = quantized.scale;
        checkSigns(quantized.signs, request.name);
        return bitFilters(quantized.signs, filters);
      },
    });
    return { weights: tensor, scale: () => scale };
  }

  #scaled(y: Value, name: string, channels: number, scale: Float32Array | undefined, hasBias: boolean): Value {
    const bias = hasBias ? this.state.take(`${name}.bias`, [channels]) : undefined;
    if (!scale && !bias) return y;
    return this.affine(y, scale ?? new Float32Array(channels).fill(1), bias);
  }

  #withBias(y: Value, name: string, channels: number): Value {
    return this.affine(y, new Float32Array(channels).fill(1), this.state.take(`${name}.bias`, [channels]));
  }
}

/** @throws {SignwaveError} `E_CHECKPOINT_TENSOR` for a weight whose sign is 0 in PyTorch, which one bit can't say. */
export function checkSigns(signs: Float32Array, name: string): void {
  const zeros = signs.reduce((count, w) => count + Number(!(w > 0 || w < 0)), 0);
  if (zeros === 0) return;
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

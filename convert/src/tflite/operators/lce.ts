import { type MapShape, packBits, type Tensor, type Value } from '@signwave/format';
import { borderTerm } from '../../models/border-term.js';
import { RANGES } from '../activation.js';
import { labelOf } from '../lowering.js';
import { padsOf } from '../same-pads.js';
import { type Activation, activationOf, type Padding, paddingOf } from '../schema.js';
import type { Step } from '../step.js';

const WORD_BITS = 32;
/** Strides and dilations above this are damage: kernels have some five positions. */
const LARGEST_STEP = 255;

export function quantize(step: Step): void {
  const lowered = step.lowered(0);
  const { type } = step.tensor(0)!;
  // What was packed, unpacked and is packed again has the same signs.
  if (lowered.kind === 'signs' && type === 'float32') step.result(lowered);
  else step.result({ kind: 'signs', signs: { source: step.map(0) } });
}

export function dequantize(step: Step): void {
  step.result({ kind: 'signs', signs: step.signs(0) });
}

/** A maximum and a threshold commute, and the binary convolution that follows has to read a `sign`: the maximum comes first. */
export function maxPool(step: Step): void {
  const { source, threshold } = step.signs(0);
  const { padding, stride } = windowOptions(step);
  const window = { height: option(step, 'filter_height', 1), width: option(step, 'filter_width', 1) };
  const pads = padsOf(padding, step.g.shapeOf(source), { window, stride, dilation: { height: 1, width: 1 } });
  const pooled = step.g.maxPool(source, window, { stride, pad: pads });
  step.result({ kind: 'signs', signs: { source: pooled, ...(threshold && { threshold }) } });
}

export function binaryConv(step: Step): void {
  const { g } = step;
  const x = step.lowering.signNode(step.signs(0));
  const operand = g.shapeOf(x);
  const { kernel, weights, groups, taps } = filtersOf(step, operand);
  const { padding, stride } = windowOptions(step);
  const dilation = {
    height: option(step, 'dilation_height_factor', 1),
    width: option(step, 'dilation_width_factor', 1),
  };
  const pads = padsOf(padding, operand, { window: kernel, stride, dilation });
  const hasOnes = option(step, 'pad_values', 0, 1) === 1;
  const activation = activationOf(option(step, 'fused_activation_function', 0), (what) => step.damaged(what));
  const sums = g.conv(x, weights, { stride, dilation, groups, pad: pads, ...step.nodeName });
  const layer = { op: 'conv', stride, dilation, pads } as const;
  const padSums = step.lowering.derived(step.tensor(1)!, `sums of ${operand.channels / groups}`, () =>
    tapSums(weights),
  );
  const outputs = weights.shape[0];
  /** A constant for each class of border pixels, of the sum of the weights that lie on pads there. */
  const withBorder = (y: Value, of: (padSum: number, o: number) => number): Value => {
    const term = borderTerm(layer, kernel, operand, g.shapeOf(sums), (inside) => {
      if (!step.lowering.countBorderSums(inside.length * outputs)) step.refuse('has too many kinds of border pixels');
      return Float32Array.from({ length: outputs }, (_, o) => {
        let padSum = 0;
        inside.forEach((isInside, tap) => {
          if (!isInside) padSum += padSums[tap * outputs + o]!;
        });
        return of(padSum, o);
      });
    });
    return g.borderBias(y, term.bias, term.classes.topRows, term.classes.leftColumns);
  };
  const hasPads = pads.top + pads.bottom + pads.left + pads.right > 0;
  const [output] = step.operator.outputs;
  const outputType = step.model.tensors[output ?? -1]?.type;
  if (outputType === 'int32') {
    if (hasPads && !hasOnes) step.refuse('packs its output but pads with zeros', 'Pad with ones: pad_values=1');
    const source = hasPads ? withBorder(sums, (padSum) => padSum) : sums;
    step.result({ kind: 'signs', signs: { source, threshold: thresholds(step, outputs, taps) } });
    return;
  }
  if (outputType !== 'float32') {
    step.refuse(`has an output of type ${outputType}`, 'Train and convert it without int8 quantization');
  }
  step.resultMap(scaled(step, { sums, outputs, taps, activation, withBorder, hasZeroPads: hasPads && !hasOnes }));
}

/**
 * Scale and bias with the rounding of Larq Compute Engine. It counts u, the sum with all pads taken as +1, from the number of taps K down,
 * multiplies that with -m and adds b + K m, and corrects border pixels for pads of 0 at last. Any other order would round differently, and
 * some sign behind it would flip.
 */
function scaled(
  step: Step,
  conv: {
    readonly sums: Value;
    readonly outputs: number;
    readonly taps: number;
    readonly activation: Activation;
    readonly hasZeroPads: boolean;
    withBorder(y: Value, of: (padSum: number, o: number) => number): Value;
  },
): Value {
  const { g } = step;
  const { outputs, taps, activation, withBorder, hasZeroPads } = conv;
  const multiplier = step.constant(2, [outputs]);
  const bias = step.constant(3, [outputs]);
  let y = withBorder(conv.sums, (padSum) => padSum - taps);
  if (activation !== 'none') {
    const [lo, hi] = RANGES[activation];
    y = g.clip(y, lo - taps, hi - taps);
  }
  const fromTop = multiplier.map((m, o) => bias[o]! + taps * m);
  y = g.affine(y, multiplier, fromTop);
  return hasZeroPads ? withBorder(y, (padSum, o) => -multiplier[o]! * padSum) : y;
}

/** The sum that is at least needed for +1: (K - s) / 2 must not be above the file's number. */
function thresholds(step: Step, outputs: number, taps: number): Float32Array {
  const numbers = step.wholeNumbers(4);
  if (numbers.length !== outputs) step.damaged(`has ${numbers.length} thresholds for ${outputs} filters`);
  return Float32Array.from(numbers, (number) => {
    if (number < 0) return taps + 1;
    return number >= taps ? -taps - 1 : taps - 2 * number;
  });
}

interface Filters {
  readonly kernel: { readonly height: number; readonly width: number };
  readonly weights: Tensor;
  readonly groups: number;
  /** Of one sum: kh kw I. */
  readonly taps: number;
}

function filtersOf(step: Step, { channels }: MapShape): Filters {
  const tensor = step.tensor(1) ?? step.damaged('lacks its filters');
  const { data, shape, type } = tensor;
  const [outputs, height, width, words] = shape;
  if (!data || type !== 'int32' || shape.length !== 4)
    step.damaged(`has ${labelOf(tensor)} as filters, expected packed ones`);
  const stated = option(step, 'channels_in', 1);
  if (stated !== channels) step.damaged(`takes ${stated} channels, but its operand has ${channels}`);
  const groups = Math.ceil(channels / WORD_BITS) / words!;
  if (!Number.isInteger(groups) || groups < 1 || (groups > 1 && channels % (groups * WORD_BITS) !== 0)) {
    step.damaged(`has filters of ${words} words for ${channels} channels`);
  }
  const inputs = channels / groups;
  const weights = step.lowering.derived(
    tensor,
    `bits of ${inputs}`,
    (): Tensor => ({
      dtype: 'bits',
      shape: [outputs!, height!, width!, inputs],
      data: unpadded(data, outputs! * height! * width!, words!, inputs),
    }),
  );
  return { kernel: { height: height!, width: width! }, weights, groups, taps: height! * width! * inputs };
}

/** The bits of filters without the gaps that fill up words; here 1 is +1, in the file it is -1. */
function unpadded(data: Uint8Array, positions: number, words: number, channels: number): Uint8Array {
  const stride = words * 4;
  return packBits(positions * channels, (i) => {
    const position = Math.floor(i / channels);
    const channel = i - position * channels;
    return ((data[position * stride + (channel >> 3)]! >> (channel & 7)) & 1) === 0;
  });
}

/** The sum over input channels of the weights at each position of the kernel, (kh kw, O). */
function tapSums({ shape: [outputs, height, width, channels], data }: Tensor): Int32Array {
  const positions = height * width;
  const sums = new Int32Array(positions * outputs);
  for (let o = 0, i = 0; o < outputs; o++) {
    for (let tap = 0; tap < positions; tap++) {
      let sum = 0;
      for (let c = 0; c < channels; c++, i++) sum += (data[i >> 3]! >> (i & 7)) & 1 ? 1 : -1;
      sums[tap * outputs + o] = sum;
    }
  }
  return sums;
}

function windowOptions(step: Step): { padding: Padding; stride: { height: number; width: number } } {
  return {
    padding: paddingOf(option(step, 'padding', 0), (what) => step.damaged(what)),
    stride: { height: option(step, 'stride_height', 1), width: option(step, 'stride_width', 1) },
  };
}

/** One of an operator's own options. */
function option(step: Step, key: string, least: number, most = key === 'channels_in' ? 2 ** 20 : LARGEST_STEP): number {
  const value = step.operator.customOptions.get(key);
  if (value === undefined) step.damaged(`lacks the option ${key}`);
  if (!(value >= least && value <= most)) step.damaged(`has ${key} ${value}, expected ${least} to ${most}`);
  return value;
}

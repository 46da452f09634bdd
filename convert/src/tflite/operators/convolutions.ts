import { f32Tensor, type Pads, packBits, type Tensor, type Value } from '@signwave/format';
import { activated } from '../activation.js';
import { labelOf, type Part } from '../lowering.js';
import type { TfliteTensor } from '../read-tflite.js';
import { padsOf } from '../same-pads.js';
import { Step } from '../step.js';

/** Filters as a layer takes them. */
interface Filters {
  readonly weights: Tensor;
  /** (O), if the filters are all +-a and only their signs are kept. */
  readonly magnitudes?: Float32Array;
}

export function conv(step: Step): void {
  const lowered = step.lowered(0);
  if (lowered.kind === 'part') {
    partOfConv(step, lowered.part);
    return;
  }
  const { shape } = filterTensor(step, 4);
  const [outputs, height, width, inputs] = shape as [number, number, number, number];
  const { source, pads } = padded(step);
  const { channels } = step.g.shapeOf(source);
  if (channels % inputs !== 0) step.damaged(`has filters of ${inputs} channels for a map of ${channels}`);
  const { weights, magnitudes } = filtersOf(step, filterTensor(step, 4), [outputs, height, width, inputs]);
  const sums = convolved(step, source, pads, weights, channels / inputs);
  step.resultMap(activated(step, withBias(step, sums, outputs, magnitudes), step.operator.options.activation));
}

/** Filters (1, kh, kw, C mult): output channel c mult + j is of input channel c. */
export function depthwiseConv(step: Step): void {
  const tensor = filterTensor(step, 4);
  const [one, height, width, outputs] = tensor.shape as [number, number, number, number];
  const { source, pads } = padded(step);
  const { channels } = step.g.shapeOf(source);
  if (one !== 1 || outputs % channels !== 0) {
    step.damaged(`has filters (${tensor.shape.join(', ')}) for a map of ${channels} channels`);
  }
  const values = step.constant(1);
  const weights = step.lowering.derived(tensor, 'depthwise', () => {
    const positions = height * width;
    const turned = new Float32Array(values.length);
    for (let o = 0; o < outputs; o++) {
      for (let tap = 0; tap < positions; tap++) turned[o * positions + tap] = values[tap * outputs + o]!;
    }
    return f32Tensor([outputs, height, width, 1], turned);
  });
  const sums = convolved(step, source, pads, weights, channels);
  step.resultMap(activated(step, withBias(step, sums, outputs), step.operator.options.activation));
}

export function fullyConnected(step: Step): void {
  const tensor = filterTensor(step, 2);
  const [outputs, inputs] = tensor.shape as [number, number];
  const x = step.map(0);
  const { height, width } = step.g.shapeOf(x);
  const vector = height * width === 1 ? x : step.g.flatten(x);
  const { weights, magnitudes } = filtersOf(step, tensor, [outputs, 1, 1, inputs]);
  const sums = step.g.linear(vector, weights, step.nodeName);
  step.resultMap(activated(step, withBias(step, sums, outputs, magnitudes), step.operator.options.activation));
}

/** One of the convolutions of a map's parts. It becomes nodes when all of them are joined. */
function partOfConv(step: Step, part: Part): void {
  const { shape } = filterTensor(step, 4);
  const { padding, stride, dilation } = step.operator.options;
  const like = JSON.stringify([shape, padding, stride, dilation, step.operator.options.activation]);
  step.constant(1);
  const join = (operators: readonly number[]): Value => {
    const steps = operators.map((index) => new Step(step.lowering, step.model.operators[index]!));
    const [outputs, height, width, inputs] = shape as [number, number, number, number];
    if (!step.lowering.countJoined(steps.length * outputs * height * width * inputs))
      step.refuse('has too many weights');
    const values = new Float32Array(steps.length * outputs * height * width * inputs);
    const biases = new Float32Array(steps.length * outputs);
    steps.forEach((each, i) => {
      values.set(each.constant(1, shape), (i * values.length) / steps.length);
      if (each.tensor(2)) biases.set(each.constant(2, [outputs]), i * outputs);
    });
    const weights = f32Tensor([steps.length * outputs, height, width, inputs], values);
    const pads = windowPads(step, part.source, height, width);
    const sums = convolved(step, part.source, pads, weights, part.count);
    const ones = new Float32Array(biases.length).fill(1);
    return activated(step, step.g.affine(sums, ones, biases), step.operator.options.activation);
  };
  step.result({ kind: 'part of a convolution', part, join, like });
}

/** The map that a convolution reads, and its pads: its own, or those that an operator before it adds. */
function padded(step: Step): { readonly source: Value; readonly pads: Pads } {
  const lowered = step.lowered(0);
  const [, height, width] = filterTensor(step, 4).shape as [number, number, number, number];
  if (lowered.kind === 'padded') {
    if (step.operator.options.padding !== 'valid') step.refuse('pads a map that was padded before');
    return lowered;
  }
  const source = step.map(0);
  return { source, pads: windowPads(step, source, height, width) };
}

function windowPads(step: Step, source: Value, height: number, width: number): Pads {
  const { padding, stride, dilation } = step.operator.options;
  return padsOf(padding!, step.g.shapeOf(source), { window: { height, width }, stride: stride!, dilation: dilation! });
}

function convolved(step: Step, source: Value, pad: Pads, weights: Tensor, groups: number): Value {
  const { stride, dilation } = step.operator.options;
  return step.g.conv(source, weights, {
    stride: stride!,
    dilation: dilation!,
    groups,
    pad,
    ...step.nodeName,
  });
}

function filterTensor(step: Step, axes: number): TfliteTensor {
  const tensor = step.tensor(1) ?? step.damaged('lacks its filters');
  if (tensor.shape.length !== axes) {
    step.damaged(`has filters ${labelOf(tensor)} of shape (${tensor.shape.join(', ')}), expected ${axes} axes`);
  }
  return tensor;
}

function withBias(step: Step, sums: Value, outputs: number, magnitudes?: Float32Array): Value {
  const bias = step.tensor(2) ? step.constant(2, [outputs]) : undefined;
  if (!bias && !magnitudes) return sums;
  return step.g.affine(sums, magnitudes ?? new Float32Array(outputs).fill(1), bias);
}

/** Filters whose weights are all +a or -a for one a each become bits: Larq Compute Engine leaves those of dense and first layers float32. */
function filtersOf(step: Step, tensor: TfliteTensor, shape: readonly [number, number, number, number]): Filters {
  const values = step.constant(1);
  const magnitudes = step.lowering.derived(tensor, 'magnitudes', () => magnitudesOf(values, shape[0]));
  if (!magnitudes) return { weights: step.lowering.derived(tensor, 'floats', () => f32Tensor(shape, values)) };
  const weights = step.lowering.derived(
    tensor,
    'signs',
    (): Tensor => ({
      dtype: 'bits',
      shape,
      data: packBits(values.length, (i) => values[i]! >= 0),
    }),
  );
  return { weights, magnitudes };
}

/** The magnitude of each filter, if all its weights have the same; not of filters of one weight, which always do. */
export function magnitudesOf(values: Float32Array, filters: number): Float32Array | undefined {
  const taps = values.length / filters;
  if (taps < 2) return undefined;
  const magnitudes = Float32Array.from({ length: filters }, (_, o) => Math.abs(values[o * taps]!));
  const isEqual = values.every((value, i) => Math.abs(value) === magnitudes[Math.floor(i / taps)]!);
  // Filters of nothing but zeros are in float networks too: they alone make no binary layer.
  return isEqual && magnitudes.some((magnitude) => magnitude > 0) ? magnitudes : undefined;
}

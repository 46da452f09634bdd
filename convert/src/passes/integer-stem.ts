import {
  type ConvNode,
  f32Tensor,
  type Graph,
  type InputRecipe,
  inferShapes,
  SignwaveError,
  type Tensor,
  tensorValues,
} from '@signwave/format';
import { borderTerm } from '../models/border-term.js';
import { withoutNodes } from './rewrite.js';

const I16_MAX = 32_767;

/**
 * Turn the first convolution into an integer convolution (format/SPEC.md 4.3): its weights are rounded to 16 bits, and it reads image bytes
 * less a whole mean.
 *
 *   sum of w * ((b / divisor - mean) / std)  =  sum of v * (b - whole)  +  sum of v * (whole - divisor * mean),   v = w / (divisor * std)
 *
 * The second sum is a constant and goes into the bias of the affine that follows. At the border of the map some taps lie on pads, which add
 * nothing to either sum; so the constant differs for each border class, and a `borderBias` after the affine adds the difference. Each
 * filter has its own scale, which goes into that affine, too.
 *
 * @throws {SignwaveError} `E_GRAPH` without a recipe, or unless exactly one convolution with float weights reads the input, and nothing
 *   else does.
 */
export function integerStem(graph: Graph): Graph {
  const input = graph.nodes[0]!;
  const readers = graph.nodes.flatMap((node, index) => (node.inputs.includes(0) ? [index] : []));
  const [at, ...others] = readers;
  const stem = at === undefined ? undefined : graph.nodes[at];
  if (input.op !== 'input' || !input.recipe || stem?.op !== 'conv' || others.length > 0) {
    throw new SignwaveError(
      'E_GRAPH',
      'a 16-bit stem needs an input with a recipe (--preprocess) and one convolution that reads it; leave out --stem',
    );
  }
  const weights = graph.tensors[stem.weights]!;
  if (weights.dtype === 'bits') {
    throw new SignwaveError(
      'E_GRAPH',
      'a 16-bit stem needs float weights to round, these have 1 bit; leave out --stem',
    );
  }
  const means = input.recipe.mean.map((mean) => Math.round(mean * input.recipe!.divisor));
  const { rounded, scale, shares } = roundFilters(weights, stem, input.recipe, means);
  const recipe: InputRecipe = { ...input.recipe, divisor: 1, mean: means, std: input.recipe.std.map(() => 1) };

  const tensors = [...graph.tensors];
  tensors[stem.weights] = rounded;
  const next = graph.nodes[at! + 1];
  const isAffineNext = next?.op === 'affine' && next.inputs[0] === at;
  if (!isAffineNext || graph.nodes.some((node, index) => index !== at! + 1 && node.inputs.includes(at!))) {
    throw new SignwaveError('E_GRAPH', 'a 16-bit stem needs an affine behind the first convolution; leave out --stem');
  }
  const coefficients = tensorValues(tensors[next.coefficients]!);
  const channels = scale.length;
  const folded = new Float32Array(2 * channels);
  const whole = shares.map((taps) => taps.reduce((sum, share) => sum + share, 0));
  for (let o = 0; o < channels; o++) {
    folded[o] = coefficients[o]! * scale[o]!;
    folded[channels + o] = coefficients[channels + o]! + coefficients[o]! * whole[o]!;
  }
  tensors[next.coefficients] = f32Tensor([2, 1, 1, channels], folded);
  const shapes = inferShapes(graph);
  const [, height, width] = weights.shape;
  const border = borderTerm(stem, { height, width }, shapes[0]!, shapes[at!]!, (inside) =>
    // The affine already adds the value of all taps, so subtract that of the taps outside.
    Float32Array.from(shares, (taps, o) => {
      return coefficients[o]! * taps.reduce((sum, share, tap) => sum - (inside[tap] ? 0 : share), 0);
    }),
  );
  const affine = at! + 1;
  const before = [{ ...input, recipe }, ...graph.nodes.slice(1, affine + 1)];
  const after = graph.nodes.slice(affine + 1);
  if (tensorValues(border.bias).every((value) => value === 0)) return { tensors, nodes: [...before, ...after] };
  const bias = tensors.push(border.bias) - 1;
  const moved = after.map((node) => ({ ...node, inputs: node.inputs.map((i) => (i >= affine ? i + 1 : i)) }));
  // Tensors have to be in the order of the nodes.
  return withoutNodes(
    { tensors, nodes: [...before, { op: 'borderBias', inputs: [affine], ...border.classes, bias }, ...moved] },
    () => false,
  );
}

/** Filters as i16, the scale that turns them back, and for each filter what each tap contributes to the constant of the means. */
function roundFilters(weights: Tensor, { groups }: ConvNode, recipe: InputRecipe, means: readonly number[]) {
  const [filters, height, width, groupChannels] = weights.shape;
  const values = tensorValues(weights);
  const depth = height * width * groupChannels;
  const integers = new Int16Array(values.length);
  const scale = new Float64Array(filters);
  const shares: Float64Array[] = [];
  for (let o = 0; o < filters; o++) {
    const firstChannel = Math.floor((o * groups) / filters) * groupChannels;
    const row = Float64Array.from({ length: depth }, (_, i) => {
      const c = firstChannel + (i % groupChannels);
      return values[o * depth + i]! / (recipe.divisor * recipe.std[c]!);
    });
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scale[o] = largest === 0 ? 1 : largest / I16_MAX;
    const taps = new Float64Array(height * width);
    row.forEach((value, i) => {
      const c = firstChannel + (i % groupChannels);
      integers[o * depth + i] = Math.round(value / scale[o]!);
      taps[Math.floor(i / groupChannels)]! += value * (means[c]! - recipe.divisor * recipe.mean[c]!);
    });
    shares.push(taps);
  }
  const data = new Uint8Array(integers.length * 2);
  const view = new DataView(data.buffer);
  integers.forEach((value, i) => {
    view.setInt16(i * 2, value, true);
  });
  return { rounded: { dtype: 'i16' as const, shape: weights.shape, data }, scale, shares };
}

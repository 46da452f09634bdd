import { type Graph, type GraphNode, SignwaveError, type Tensor, tensorValues } from '@signwave/format';
import { foldAffines } from './fold-affine.js';
import { f16Tensor, floatToHalf } from './half.js';
import { integerStem } from './integer-stem.js';

/** `f16`: rounded to binary16. `i8`: a scale for each filter, and whole numbers from -127 to 127. */
export type SmallType = 'f16' | 'i8';

/** Float weights that are to take fewer bytes. Unlike all else that a conversion does this changes the network: by how much has to be measured. */
export interface SmallerWeights {
  /** The classifier's. */
  readonly head?: SmallType;
  /** Those of the shortcuts' 1 x 1 convolutions. */
  readonly downsample?: SmallType;
  /** The first convolution's. `i16` also makes it an integer convolution on the bytes of an image, which is faster. */
  readonly stem?: SmallType | 'i16';
}
type WeightGroup = keyof SmallerWeights;

const LARGEST_I8 = 127;

/**
 * Make float weights smaller as `choice` says. This is the one order of these passes, on which the bytes of a file depend: what is only
 * stored smaller comes first, the integer convolution last.
 *
 * @throws {SignwaveError} `E_USAGE` if the network has no weights of a group, `E_TENSOR` for a weight that binary16 can't hold, `E_GRAPH` if
 *   the first convolution can't work on integers.
 */
export function withSmallerWeights(graph: Graph, choice: SmallerWeights): Graph {
  const { stem, ...others } = choice;
  if (stem === 'i16') return integerStem(storeSmaller(graph, others));
  return storeSmaller(graph, { ...others, ...(stem && { stem }) });
}

function storeSmaller(graph: Graph, choice: Readonly<Partial<Record<WeightGroup, SmallType>>>): Graph {
  const tensors = [...graph.tensors];
  const nodes: GraphNode[] = [];
  /** The new index of each old node's value. */
  const moved: number[] = [];
  const scales = new Set<number>();
  const left = new Set(Object.keys(choice));
  graph.nodes.forEach((old, index) => {
    const node = { ...old, inputs: old.inputs.map((input) => moved[input]!) };
    const group = groupOf(graph, index);
    const type = group && choice[group];
    if (!type || !(node.op === 'conv' || node.op === 'linear')) {
      moved[index] = nodes.push(node) - 1;
      return;
    }
    left.delete(group);
    const weights = tensors[node.weights]!;
    if (type === 'f16') {
      moved[index] = nodes.push({ ...node, weights: tensors.push(toHalf(weights, node.name ?? group)) - 1 }) - 1;
      return;
    }
    const { rounded, scale } = toI8(weights);
    nodes.push({ ...node, weights: tensors.push(rounded) - 1 });
    moved[index] = nodes.push({ op: 'affine', inputs: [nodes.length - 1], coefficients: tensors.push(scale) - 1 }) - 1;
    scales.add(moved[index]);
  });
  for (const group of left) {
    throw new SignwaveError('E_USAGE', `the network has no float weights of the group "${group}" to store smaller`);
  }
  return foldAffines({ nodes, tensors }, (index) => scales.has(index));
}

/** The options of {@link withSmallerWeights} that made this graph. */
export function smallerWeightsOf(graph: Graph): SmallerWeights {
  const choice: Partial<Record<WeightGroup, SmallType | 'i16'>> = {};
  graph.nodes.forEach((node, index) => {
    const group = groupOf(graph, index);
    if (!group || !(node.op === 'conv' || node.op === 'linear')) return;
    const { dtype } = graph.tensors[node.weights]!;
    if (dtype === 'f16' || dtype === 'i8' || dtype === 'i16') choice[group] = dtype;
  });
  return choice as SmallerWeights;
}

/** Whether node `index` has weights that belong to a group. */
function groupOf({ nodes, tensors }: Graph, index: number): WeightGroup | undefined {
  const node = nodes[index]!;
  if (node.op === 'linear' && tensors[node.weights]!.dtype !== 'bits') {
    return nodes.slice(index).some(({ op }) => op === 'sign') ? undefined : 'head';
  }
  if (node.op !== 'conv' || tensors[node.weights]!.dtype === 'bits') return undefined;
  if (nodes[node.inputs[0]!]!.op === 'input') return 'stem';
  const [, height, width, inner] = tensors[node.weights]!.shape;
  return height * width === 1 && inner > 1 ? 'downsample' : undefined;
}

function toHalf(weights: Tensor, name: string): Tensor {
  const values = tensorValues(weights);
  const large = values.find((value) => (floatToHalf(value) & 0x7c00) === 0x7c00);
  if (large !== undefined) {
    throw new SignwaveError('E_TENSOR', `the weights of ${name} hold ${large}, which is too large for f16; use i8`);
  }
  return f16Tensor(weights.shape, values);
}

/** @returns whole numbers, and an affine's coefficients (2, 1, 1, O): the factors that turn them back, and zeros. */
function toI8(weights: Tensor): { rounded: Tensor; scale: Tensor } {
  const values = tensorValues(weights);
  const filters = weights.shape[0];
  const taps = values.length / filters;
  const data = new Uint8Array(values.length);
  const coefficients = new Uint8Array(filters * 8);
  const view = new DataView(coefficients.buffer);
  for (let o = 0; o < filters; o++) {
    const filter = values.subarray(o * taps, (o + 1) * taps);
    const largest = filter.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const scale = Math.fround(largest / LARGEST_I8) || 1;
    view.setFloat32(o * 4, scale, true);
    filter.forEach((w, i) => {
      data[o * taps + i] = Math.max(-LARGEST_I8, Math.min(LARGEST_I8, Math.round(w / scale)));
    });
  }
  return {
    rounded: { dtype: 'i8', shape: weights.shape, data },
    scale: { dtype: 'f32', shape: [2, 1, 1, filters], data: coefficients },
  };
}

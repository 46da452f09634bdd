import {
  type ConvNode,
  type Graph,
  type GraphNode,
  type InputNode,
  isIntegerConv,
  type LinearNode,
  type MapShape,
  type Tensor,
  tensorValues,
} from '@signwave/format';
import type { FeatureMap } from './feature-map.js';
import { add } from './ops/add.js';
import { affine } from './ops/affine.js';
import { avgPool, globalAvgPool } from './ops/avg-pool.js';
import { borderBias } from './ops/border-bias.js';
import { concat, padChannels } from './ops/channels.js';
import { clip } from './ops/clip.js';
import { conv, packFilters, wholeNumbers } from './ops/conv.js';
import { linear } from './ops/linear.js';
import { maxPool } from './ops/max-pool.js';
import { prelu } from './ops/prelu.js';
import { sampleMean } from './ops/sample-mean.js';
import { sign } from './ops/sign.js';
import { softmax } from './ops/softmax.js';
import { flatten, sliceSpatial } from './ops/spatial.js';

/** One node that is ready to run: it takes its operands in the order of `node.inputs`, and returns its output. */
export type Step = (x: FeatureMap, ...others: FeatureMap[]) => FeatureMap;

/** Whether a node multiplies bits with the values of a sign, be they two or three. Then all sums are whole and below 2^24, and nothing needs rounding. */
function sumsSigns({ nodes, tensors }: Graph, node: ConvNode | LinearNode): boolean {
  return tensors[node.weights]!.dtype === 'bits' && nodes[node.inputs[0]!]!.op === 'sign';
}

/**
 * Prepare a node of a graph that has been checked. Its tensors are decoded here, once.
 *
 * @param output shape of the node's output.
 */
export function stepOf(graph: Graph, node: Exclude<GraphNode, InputNode>, output: MapShape): Step {
  const tensor = (index: number): Tensor => graph.tensors[index]!;
  switch (node.op) {
    case 'sign': {
      const threshold =
        node.threshold === undefined ? new Float32Array(output.channels) : tensorValues(tensor(node.threshold));
      return (x) => sign(x, threshold, node.zeroRule);
    }
    case 'conv': {
      const filters = packFilters(tensor(node.weights), node.groups);
      if (isIntegerConv(graph, node)) return (x) => conv(wholeNumbers(x), filters, node, 'integer', output);
      const kind = sumsSigns(graph, node) ? 'binary' : 'float';
      return (x) => conv(x, filters, node, kind, output);
    }
    case 'linear': {
      const filters = packFilters(tensor(node.weights), 1);
      const exact = sumsSigns(graph, node);
      return (x) => linear(x, filters, exact, output);
    }
    case 'affine': {
      const coefficients = tensorValues(tensor(node.coefficients));
      return (x) => affine(x, coefficients);
    }
    case 'prelu': {
      const slopes = tensorValues(tensor(node.slopes));
      return (x) => prelu(x, slopes);
    }
    case 'borderBias': {
      const { shape } = tensor(node.bias);
      const bias = tensorValues(tensor(node.bias));
      return (x) => borderBias(x, bias, shape, node);
    }
    case 'add':
      return (x1, x2) => add(x1, x2!);
    case 'clip':
      return (x) => clip(x, node.lo, node.hi);
    case 'maxPool':
      return (x) => maxPool(x, node, output);
    case 'avgPool':
      return (x) => avgPool(x, node, output);
    case 'globalAvgPool':
      return globalAvgPool;
    case 'padChannels':
      return (x) => padChannels(x, node.before, node.after);
    case 'sliceSpatial':
      return (x) => sliceSpatial(x, node.start, node.step, output);
    case 'concat':
      return (...maps) => concat(maps);
    case 'flatten':
      return flatten;
    case 'softmax':
      return (x) => softmax(x, node.log);
    case 'sampleMean':
      return sampleMean;
    default:
      return node satisfies never;
  }
}

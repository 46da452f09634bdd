import { type Graph, type GraphNode, type MapShape, type Tensor, tensorValues } from '@signwave/format';
import type { FeatureMap } from '../feature-map.js';

/** One node that is ready to run: it takes its operands in the order of `node.inputs`, and returns its output. */
export type Step = (x: FeatureMap, ...others: FeatureMap[]) => FeatureMap;

/** What a node's step needs to know besides the node. */
export interface Surroundings {
  readonly graph: Graph;
  /** Shape of the node's output. */
  readonly output: MapShape;
}

/** Makes the step of a node for each operation of a union of nodes. Tensors are decoded here, once. */
export type StepMakers<Node extends GraphNode> = {
  readonly [Each in Node as Each['op']]: (node: Each, surroundings: Surroundings) => Step;
};

export function tensorOf({ graph }: Surroundings, index: number): Tensor {
  return graph.tensors[index]!;
}

export function valuesOf(surroundings: Surroundings, index: number): Float32Array {
  return tensorValues(tensorOf(surroundings, index));
}

import type { Graph, GraphNode, InputNode, MapShape } from '@signwave/format';
import { MAPS } from './maps.js';
import { SAME_SHAPE } from './same-shape.js';
import type { Step, StepMakers, Surroundings } from './step.js';
import { WINDOWS } from './windows.js';

type RunNode = Exclude<GraphNode, InputNode>;

/** By the kinds of operations that the format's table has; the compiler names an operation that is missing. */
const STEPS: StepMakers<RunNode> = { ...SAME_SHAPE, ...WINDOWS, ...MAPS };

/**
 * Prepare a node of a graph that has been checked.
 *
 * @param output shape of the node's output.
 */
export function stepOf(graph: Graph, node: RunNode, output: MapShape): Step {
  const make = STEPS[node.op] as (node: RunNode, surroundings: Surroundings) => Step;
  return make(node, { graph, output });
}

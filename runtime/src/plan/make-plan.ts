import { type Graph, isBinary } from '@signwave/format';
import { PlanContext } from './context.js';
import { fuse, type Group } from './fusion.js';
import type { Plan } from './plan.js';
import { nodesOf, planBinaryConv, planFloatConv } from './plan-conv.js';
import { planEpilogue } from './plan-epilogue.js';
import { planInput, planMapOperation } from './plan-maps.js';
import { pointer } from './regions.js';

/**
 * Decide how a graph is executed: which kernels, in which order, with what data in which layout. Addresses come later, from
 * `placeRegions`.
 *
 * @param simd whether the module that will run the plan is the SIMD build; it decides the layout of packed filters.
 * @throws {SignwaveError} `E_GRAPH` or `E_FORMAT_LIMIT` for a graph without meaning.
 */
export function makePlan(graph: Graph, simd: boolean): Plan {
  const context = new PlanContext(graph, simd);
  const input = context.node(0);
  if (input.op !== 'input') throw new Error('inferShapes lets no graph pass whose first node is no input');
  const { staging, ...inputSteps } = planInput(context, input);
  for (const group of fuse(graph)) planGroup(context, group);
  const output = context.readFloatMap(graph.nodes.length - 1);
  const { steps, regions, bitMaps, shapes } = context;
  return { graph, shapes, simd, steps, inputSteps, staging, regions, bitMaps, output };
}

function planGroup(context: PlanContext, group: Group): void {
  const node = group.head === undefined ? undefined : context.node(group.head);
  if (node === undefined) planElementwise(context, group);
  else if (node.op !== 'conv' && node.op !== 'linear') planMapOperation(context, group.head!, node);
  else if (isBinary(context.graph, node)) planBinaryConv(context, group, node);
  else planFloatConv(context, group, node);
}

function planElementwise(context: PlanContext, group: Group): void {
  const input = context.readFloatMap(group.source);
  context.steps.push({
    kernel: 'elementwise',
    record: { name: 'Elementwise', values: { input: pointer(input.region), rows: input.shape.height } },
    epilogue: planEpilogue(context, group),
    nodes: nodesOf(group),
    reason: 'affine, add, clip and sign in one pass',
  });
}

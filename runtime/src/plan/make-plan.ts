import { type Graph, inferShapes, isBinary } from '@signwave/format';
import { PlanContext } from './context.js';
import { provideFloatMap, provideOperands } from './conversions.js';
import { COSTS, type Cpu } from './costs.js';
import { type Division, divideStep } from './divide.js';
import { fuse, type Group } from './fusion.js';
import { type BinaryKernels, chooseLayouts, operandsOf, type PickTables } from './layouts.js';
import { estimator } from './lut-parameters.js';
import type { Plan, Step } from './plan.js';
import { nodesOf, planBinaryConv, planFloatConv } from './plan-conv.js';
import { planEpilogue } from './plan-epilogue.js';
import { planFloatLutConv } from './plan-float-lut.js';
import { planInput } from './plan-input.js';
import { planLutConv } from './plan-lut.js';
import { planMapOperation } from './plan-maps.js';
import { planElementwisePlanes, planPlaneConv } from './plan-plane-conv.js';
import { planPlaneOperation } from './plan-plane-maps.js';
import { pointer } from './regions.js';

/** What may be asked of a plan; all default to what is fastest. */
export interface PlanOptions {
  readonly binaryKernels?: BinaryKernels;
  /** Which CPU's costs to estimate with; default `x86`. */
  readonly cpu?: Cpu;
  /** Default: the cheapest by estimate. */
  readonly pickTables?: PickTables;
  /** Whether scales, shortcuts, clips and signs go along with the convolution before them; default `true`. */
  readonly isFused?: boolean;
  /** How many threads share the work; default 1. */
  readonly threads?: number;
  /** Elements below which a step that only moves or combines them isn't shared; default 2048. */
  readonly minSharedElements?: number;
}

/** Some microseconds of work; threads meet in a fraction of one (ResNet-20: 1.42 times as fast with two, 1.29 times with 8192). */
const MIN_SHARED_ELEMENTS = 2048;

/**
 * Decide how a graph is executed: which kernels, in which order, with what data in which layout. Addresses come later, from
 * `placeRegions`.
 *
 * @param simd whether the module that will run the plan is the SIMD build; only that has look-up tables.
 * @throws {SignwaveError} `E_GRAPH` or `E_FORMAT_LIMIT` for a graph without meaning.
 */
export function makePlan(graph: Graph, simd: boolean, options: PlanOptions = {}): Plan {
  const shapes = inferShapes(graph);
  const groups = fuse(graph, options.isFused);
  const estimate = estimator(COSTS[options.cpu ?? 'x86']);
  const layouts = chooseLayouts(
    graph,
    shapes,
    groups,
    simd ? (options.binaryKernels ?? 'auto') : 'xnor',
    options.pickTables ?? estimate,
  );
  const threads = options.threads ?? 1;
  const context = new PlanContext(graph, shapes, simd, layouts, threads, estimate);
  const input = context.node(0);
  if (input.op !== 'input') throw new Error('inferShapes lets no graph pass whose first node is no input');
  const { staging, ...inputSteps } = planInput(context, input, isReadAsPlanes(context, groups));
  for (const group of groups) {
    const isOnPlanes = layouts.planes.has(group);
    provideOperands(context, group, isOnPlanes);
    if (isOnPlanes) planOnPlanes(context, group);
    else planOnPixels(context, group);
  }
  const last = graph.nodes.length - 1;
  provideFloatMap(context, last);
  const output = context.readFloatMap(last);
  const { loadSteps, regions, bitMaps, signPlanes } = context;
  // Once all is planned: scratch has its size only then.
  const division: Division = {
    threads,
    minElements: options.minSharedElements ?? MIN_SHARED_ELEMENTS,
    ownRegion: (region, part) => context.ownRegion(region, part),
  };
  const divided = (step: Step): Step => {
    const parts = divideStep(step, division);
    return { ...step, parts, ...(parts.length > 1 && { whole: step.whole ?? [step] }) };
  };
  return {
    graph,
    shapes,
    simd,
    threads,
    loadSteps,
    steps: context.steps.map(divided),
    inputSteps: {
      floats: divided(inputSteps.floats),
      ...(inputSteps.bytes && { bytes: divided(inputSteps.bytes) }),
    },
    staging,
    regions,
    bitMaps,
    signPlanes,
    output,
  };
}

/** Whether all that read the input work on planes. */
function isReadAsPlanes({ graph, layouts }: PlanContext, groups: readonly Group[]): boolean {
  const readers = groups.filter((group) => operandsOf(graph, group).includes(0));
  return readers.length > 0 && readers.every((group) => layouts.planes.has(group));
}

function planOnPixels(context: PlanContext, group: Group): void {
  const node = group.head === undefined ? undefined : context.node(group.head);
  if (node === undefined) planElementwise(context, group);
  else if (node.op !== 'conv' && node.op !== 'linear') planMapOperation(context, group.head!, node);
  else if (isBinary(context.graph, node)) planBinaryConv(context, group, node);
  else planFloatConv(context, group, node);
}

function planOnPlanes(context: PlanContext, group: Group): void {
  const node = group.head === undefined ? undefined : context.node(group.head);
  const parameters = context.layouts.luts.get(group);
  if (node === undefined) planElementwisePlanes(context, group);
  else if (node.op !== 'conv') planPlaneOperation(context, group.head!, node);
  else if (parameters) planLutConv(context, group, node, parameters);
  else if (context.layouts.floatLuts.has(group)) planFloatLutConv(context, group, node);
  else planPlaneConv(context, group, node);
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

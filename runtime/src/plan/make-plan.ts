import { freeSums, type Graph, inferShapes } from '@signwave/format';
import { planInput } from '../kernels/input.js';
import { estimator } from '../kernels/lut-parameters.js';
import { provideFloatMap, provideOperands } from '../kernels/relayout.js';
import type { BinaryKernels, PickTables } from './choice.js';
import { chooseRooms } from './choose.js';
import { COSTS, type Cpu } from './costs.js';
import { fuse, operandsOf } from './fuse.js';
import { lifetimesOf } from './lifetimes.js';
import type { Plan } from './plan.js';
import { PlanContext } from './plan-context.js';
import { divider } from './share.js';

/** The limit of WebAssembly's 32-bit addresses, less a page. */
export const MAX_MEMORY_BYTES = 2 ** 32 - 65_536;

/** Options of a plan. All default to what is fastest. */
export interface PlanOptions {
  readonly binaryKernels?: BinaryKernels;
  /** The CPU whose costs estimates use; default `x86`. */
  readonly cpu?: Cpu;
  /** Picks the tables of convolutions; default: the cheapest by estimate. */
  readonly pickTables?: PickTables;
  /** Whether scales, shortcuts, clips and signs are executed together with the convolution before them; default `true`. */
  readonly isFused?: boolean;
  /** How many threads share the work; default 1. */
  readonly threads?: number;
  /** Minimum number of elements for which threads share a step that only moves or combines elements; default: see share.ts. */
  readonly minSharedElements?: number;
  /** The most WebAssembly memory that the plan may take; default: as much as 32-bit addresses reach. */
  readonly maxMemoryBytes?: number | undefined;
}

/**
 * Decides how a graph is executed: which kernels, in which order, with what data in which layout. A plan has no addresses; `Placement`
 * places its regions in a memory.
 *
 * @param simd whether the module that will run the plan is the SIMD build; only that has kernels on planes.
 * @throws {SignwaveError} `E_GRAPH` or `E_FORMAT_LIMIT` for a graph without meaning.
 */
export function makePlan(graph: Graph, simd: boolean, options: PlanOptions = {}): Plan {
  const { threads = 1, cpu = 'x86', binaryKernels = 'auto', maxMemoryBytes = MAX_MEMORY_BYTES } = options;
  const shapes = inferShapes(graph);
  const estimate = estimator(COSTS[cpu]);

  // Fuse nodes into groups, each of which one room executes.
  const fusedGroups = fuse(graph, options.isFused);

  // Choose the room of each fused group, and with it the layout of its maps.
  const kernels = simd ? binaryKernels : 'xnor';
  const shaped = { graph, shapes, freeSums: freeSums(graph) };
  const { roomOf, choice } = chooseRooms(shaped, fusedGroups, kernels, options.pickTables ?? estimate);

  // Plan the steps of each fused group, after converting everything that it reads to the layout of its room.
  const context = new PlanContext(graph, shapes, simd, choice, threads, estimate);
  const readers = fusedGroups.filter((fused) => operandsOf(graph, fused).includes(0));
  const isOnPlanes = readers.length > 0 && readers.every((fused) => roomOf(fused).layout === 'planes');
  const input = planInput(context, isOnPlanes ? 'planes' : 'pixels');
  for (const fused of fusedGroups) {
    const room = roomOf(fused);
    provideOperands(context, fused, room.layout);
    room.plan(context, fused);
  }
  const last = graph.nodes.length - 1;
  provideFloatMap(context, last);
  const output = context.floatMap(last);

  // Share each step of a run among threads.
  const regions = [...context.regions];
  const divide = divider(threads, (region) => regions.push(region), options.minSharedElements);
  const steps = context.steps.map(divide);
  const inputSteps = {
    floats: divide(input.floats),
    ...(input.bytes && { bytes: divide(input.bytes) }),
  };
  const loadSteps = context.loadSteps.map(divider(1, () => {}));

  const { bitMaps, signPlanes } = context;
  return {
    graph,
    shapes,
    simd,
    threads,
    maxMemoryBytes,
    loadSteps,
    steps,
    inputSteps,
    staging: input.staging,
    regions,
    lifetimes: lifetimesOf({ loadSteps, inputSteps, steps, output }),
    bitMaps,
    signPlanes,
    output,
  };
}

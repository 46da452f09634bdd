import { type ConvNode, type Graph, isBinary, type MapShape, tensorBytes } from '@signwave/format';
import { type LutParameters, type LutWork, lutCandidates, workKey } from '../kernels/lut-parameters.js';
import type { PickTables } from '../plan/choice.js';
import { COSTS, type Cpu } from '../plan/costs.js';
import { makePlan } from '../plan/make-plan.js';
import { Placement } from '../plan/placement.js';
import { cloneEngine, type Engine } from './engine.js';
import { Executable } from './executable.js';

/** How many of the cheapest ways, by estimate, are tried for each shape. */
const CANDIDATES = 4;
/** Several, because the first runs may still use code that the engine hasn't optimized. */
const REPEATS = 8;

/**
 * Times several ways to compute the binary convolutions of a graph on this machine, on one convolution of each shape.
 *
 * @returns a function that picks the fastest tables, for `makePlan`.
 * @throws {SignwaveError} `E_ENGINE` if the graph, with the tables of the estimate, needs more than `maxMemoryBytes`.
 */
export async function tryTables(graph: Graph, engine: Engine, cpu: Cpu, maxMemoryBytes?: number): Promise<PickTables> {
  const costs = COSTS[cpu];
  const works = new Map<string, { readonly work: LutWork; readonly head: number }>();
  const plan = makePlan(graph, true, {
    binaryKernels: 'lut',
    maxMemoryBytes,
    pickTables: (work, head) => {
      works.set(workKey(work), { work, head });
      return lutCandidates(work, 1, costs)[0];
    },
  });
  // Refuses what would be refused after the trials, before these make memory.
  new Placement(plan, engine.exports.heapBase(), 1);
  const fastest = new Map<string, LutParameters>();
  for (const [key, { work, head }] of works) {
    const trial = singleConv(graph, plan.shapes, head);
    const xnorMs = await timeConv(trial, engine, undefined);
    let best: { ms: number; parameters: LutParameters } | undefined;
    for (const parameters of lutCandidates(work, CANDIDATES, costs)) {
      const ms = await timeConv(trial, engine, parameters);
      if (!best || ms < best.ms) best = { ms, parameters };
    }
    if (best) fastest.set(key, { ...best.parameters, isFasterThanXnor: best.ms < xnorMs });
  }
  // If tables are rejected after a trial, grids can change and give shapes that weren't tried; those are estimated.
  return (work) => fastest.get(workKey(work)) ?? lutCandidates(work, 1, costs)[0];
}

/** Makes a graph of a sign and one convolution that reads it, with pseudorandom weights. */
function singleConv(graph: Graph, shapes: readonly MapShape[], head: number): Graph {
  const conv = graph.nodes[head] as ConvNode;
  const { shape } = graph.tensors[conv.weights]!;
  const data = new Uint8Array(tensorBytes('bits', shape)).map((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
  return {
    tensors: [{ dtype: 'bits', shape, data }],
    nodes: [
      { op: 'input', inputs: [], ...shapes[conv.inputs[0]!]! },
      { op: 'sign', inputs: [0], zeroRule: 'plus', sourceZeroRule: 'plus' },
      { ...conv, inputs: [1], weights: 0 },
    ],
  };
}

/** Times a convolution, in milliseconds: with these tables, or by counting bits if there are none. */
async function timeConv(graph: Graph, engine: Engine, parameters: LutParameters | undefined): Promise<number> {
  const plan = makePlan(graph, true, {
    binaryKernels: parameters ? 'lut' : 'xnor',
    ...(parameters && { pickTables: () => parameters }),
  });
  const times = new Executable(plan, await cloneEngine(engine)).time(REPEATS);
  const isConv = (node: number | undefined): boolean => node !== undefined && isBinary(graph, graph.nodes[node]!);
  return Math.min(...times.find(({ step }) => isConv(step.nodes[0]))!.ms);
}

import type { Graph } from '@signwave/format';
import { type LoadOptions, load } from '@signwave/runtime';
import {
  COSTS,
  createEngine,
  Executable,
  type LutParameters,
  lutCandidates,
  makePlan,
  type PickTables,
  type PlanOptions,
} from '@signwave/runtime/internals';
import type { Network } from './peers/peer.js';

/** A network that runs with one thing changed. */
export interface Variant {
  readonly run: (input: Float32Array) => Float32Array;
  readonly dispose: () => void;
}

/** Something that the runtime does, changed to see what it gains. Outputs stay the same. */
export interface Ablation {
  readonly id: string;
  /** What was changed. */
  readonly title: string;
  /** @returns undefined if the change makes no difference to this network or isn't possible here. */
  readonly open: (network: Network) => Promise<Variant | undefined>;
}

export const ABLATIONS: readonly Ablation[] = [
  { id: 'no-simd', title: 'no SIMD', open: loadWith({ kernels: 'scalar' }) },
  { id: 'xnor', title: 'bits counted, no tables', open: planWith({ binaryKernels: 'xnor' }) },
  ...[4, 6, 8].map((channels) => ({
    id: `tables-${channels}`,
    title: `tables of ${channels} channels only`,
    open: planWith(tablesThat((it) => it.channels === channels)),
  })),
  ...[3, 5, 7].map((vectors) => ({
    id: `vectors-${vectors}`,
    title: `look-ups of ${16 * vectors} lanes only`,
    open: planWith(tablesThat((it) => it.vectors === vectors)),
  })),
  {
    id: 'one-table',
    title: 'one group of tables at a time',
    open: planWith(tablesThat((it) => it.blockSlices === 1)),
  },
  { id: 'unfused', title: 'every operation a step of its own', open: planWith({ isFused: false }) },
  { id: 'tuned', title: 'kernels chosen by trial at load', open: loadWith({ tune: true }) },
  { id: 'two-threads', title: 'two threads', open: loadWith({ threads: 2 }) },
];

function loadWith(options: LoadOptions): Ablation['open'] {
  return async ({ bytes }) => {
    const model = await load(bytes, options);
    const { threads, threadsReason } = model.info();
    const isRefused = options.threads !== undefined && threads !== options.threads;
    if (isRefused) console.error(`${options.threads} threads are left out: ${threadsReason}`);
    return isRefused ? undefined : { run: (input) => model.run(input), dispose: () => model.dispose() };
  };
}

function planWith(options: PlanOptions): Ablation['open'] {
  return async ({ model: { graph } }) => {
    if (describe(graph, options) === describe(graph, {})) return undefined;
    const executable = new Executable(makePlan(graph, true, options), await createEngine('simd'));
    const run = (input: Float32Array): Float32Array => {
      executable.setInput(input);
      executable.execute();
      return executable.output();
    };
    return { run, dispose: () => executable.dispose() };
  };
}

function describe(graph: Graph, options: PlanOptions): string {
  return makePlan(graph, true, options)
    .steps.map(({ kernel, reason }) => `${kernel}: ${reason}`)
    .join('\n');
}

const ALL = 100_000;

/** Picks the cheapest tables that satisfy `suits`; if none do, the cheapest of all. */
function tablesThat(suits: (parameters: LutParameters) => boolean): { readonly pickTables: PickTables } {
  const pickTables: PickTables = (work) => {
    const candidates = lutCandidates(work, ALL, COSTS.x86);
    return candidates.find(suits) ?? candidates[0];
  };
  return { pickTables };
}

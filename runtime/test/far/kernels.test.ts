import { describe, expect, test } from 'vitest';
import { SCALAR_KERNELS, WASM_KERNELS } from '../../src/kernels/generated/records.js';
import { MAX_MEMORY_BYTES, makePlan } from '../../src/plan/make-plan.js';
import { seededRandom } from '../random-graph.js';
import { farEngine, hasFarMemory, SIGN_BYTES } from './far-engine.js';
import { caseOf } from './far-graphs.js';
import { type Operand, playFar, READ_AHEAD_BYTES } from './play-far.js';

/** Enough for every kernel; more would repeat what these test. */
const GRAPHS = 100;
/** How often each operand of each kernel lies across 2 GiB, at most: in the first calls several times, then once in each. */
const TIMES = 100;
const FIRST_TIMES = 30;
const TIMES_OF_FIRST_CALL = 8;
/** Kernels begin where their records say, and much of what they do is short: half of all places are as near as this. */
const NEAR_BYTES = 64;

/** Chooses places in operands of calls, more of them in those that are rare. */
class Across {
  readonly #counts = new Map<string, number>();
  readonly #random = seededRandom(1);

  /** @returns places, counted from the first byte of the plan's memory. */
  placesIn(operands: readonly Operand[]): number[] {
    return operands.flatMap(({ name, at, first, end }) => {
      const count = this.#counts.get(name) ?? 0;
      const times = count < FIRST_TIMES ? TIMES_OF_FIRST_CALL : Number(count < TIMES);
      this.#counts.set(name, count + times);
      return Array.from({ length: times }, () => {
        const [from, to] = this.#random() < 0.5 && at < end ? [at, Math.min(at + NEAR_BYTES, end)] : [first, end];
        return from + Math.ceil(this.#random() * (to - from));
      });
    });
  }
}

describe.skipIf(!(await hasFarMemory()))('every kernel writes the same bytes', () => {
  test.each(['scalar', 'simd', 'threads'] as const)(
    'from 2 GiB on, up to the end of 4 GiB and with every operand across 2 GiB: %s build',
    { timeout: 120_000 },
    async (build) => {
      const engine = await farEngine(build);
      const across = new Across();
      const run = new Set<string>();
      for (let seed = 1; seed <= GRAPHS; seed++) {
        const { graph, input } = caseOf(seed);
        for (const binaryKernels of build === 'scalar' ? (['xnor'] as const) : (['xnor', 'lut'] as const)) {
          const threads = build === 'scalar' ? 1 : 1 + (seed % 3);
          const plan = makePlan(graph, build !== 'scalar', { binaryKernels, threads, minSharedElements: 1 });
          playFar(engine, plan, input, ({ kernel, hasWritten, sizeBytes, operands }) => {
            if (hasWritten) run.add(kernel);
            const places = across.placesIn(operands).map((place) => SIGN_BYTES - place);
            return [SIGN_BYTES, MAX_MEMORY_BYTES - READ_AHEAD_BYTES - sizeBytes, ...places];
          });
        }
      }
      expect([...run].sort()).toEqual([...(build === 'scalar' ? SCALAR_KERNELS : Object.keys(WASM_KERNELS))].sort());
    },
  );
});

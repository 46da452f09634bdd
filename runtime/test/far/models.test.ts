import { type Graph, readModel, writeModel } from '@signwave/format';
import { outputBounds, Reference } from '@signwave/reference';
import { describe, expect, test } from 'vitest';
import { Executable } from '../../src/engine/executable.js';
import type { BuildName } from '../../src/engine/wasm-sources.js';
import { load } from '../../src/load.js';
import { Model } from '../../src/model.js';
import { MAX_MEMORY_BYTES, makePlan } from '../../src/plan/make-plan.js';
import { Placement } from '../../src/plan/placement.js';
import { seededRandom } from '../random-graph.js';
import { floats, image, sharedModel } from '../threads/shared-model.js';
import { farEngine, hasFarMemory, SIGN_BYTES } from './far-engine.js';
import { graphAbove } from './far-graphs.js';

/** Loads a model as `load` does, but for the place in memory. @param place gives it from the size of the model's memory. */
async function loadAt(build: BuildName, place: (sizeBytes: number) => number): Promise<Model> {
  const file = readModel(sharedModel());
  const threads = build === 'threads' ? 2 : 1;
  const plan = makePlan(file.graph, build !== 'scalar', { threads });
  const firstBytes = place(new Placement(plan, 0, threads).sizeBytes);
  const engine = await farEngine(build);
  const executable = new Executable(plan, engine, new Placement(plan, firstBytes, threads));
  if (threads > 1) await executable.startThreads();
  return new Model(file, { executable, engine, threadsReason: 'a test' }, 0);
}

const SHARES = [0.1, 0.3, 0.5, 0.7, 0.9];
const PLACES: readonly [where: string, place: (sizeBytes: number) => number][] = [
  ['from 2 GiB on', () => SIGN_BYTES],
  ...SHARES.map((share): [string, (sizeBytes: number) => number] => [
    `with ${share} of it below 2 GiB`,
    (sizeBytes) => SIGN_BYTES - Math.floor(share * sizeBytes),
  ]),
  ['up to the end of 4 GiB', (sizeBytes) => MAX_MEMORY_BYTES - sizeBytes],
];

const isPossible = await hasFarMemory();

describe.skipIf(!isPossible).each(['scalar', 'simd', 'threads'] as const)('a model on the %s build', (build) => {
  test.each(PLACES)('gives the same in memory %s', async (_, place) => {
    using near = await load(sharedModel(), { kernels: build === 'scalar' ? 'scalar' : 'simd' });
    using far = await loadAt(build, place);
    expect(far.info().memoryBytes).toBeGreaterThan(SIGN_BYTES);
    for (let n = 0; n < 3; n++) {
      expect(far.run(image(n))).toEqual(near.run(image(n)));
      expect(far.run(floats(n))).toEqual(near.run(floats(n)));
      expect(far.signBits(7)).toEqual(near.signBits(7));
    }
    const images = [1, 2, 3, 4, 5].map(image);
    expect(far.runBatch(images)).toEqual(near.runBatch(images));
    expect(far.runBatch([1, 2].map(floats))).toEqual(near.runBatch([1, 2].map(floats)));
    const photo = { width: 70, height: 60, channels: 3 as const, data: new Uint8Array(70 * 60 * 3).map((_, i) => i) };
    expect(far.classify(photo)).toEqual(near.classify(photo));
    expect(far.profile(image(1), { repeats: 2 }).map(({ kernel }) => kernel)).toEqual(
      near.plan().map(({ kernel }) => kernel),
    );
    expect(far.run(image(6))).toEqual(near.run(image(6)));
  });
});

describe.skipIf(!isPossible)('a model that needs so much memory', () => {
  const info = { name: 'far', architecture: 'far', method: 'test', writer: 'test', accuracy: [] };
  const fileOf = (graph: Graph): Uint8Array => writeModel({ info, graph });
  const input = Float32Array.from({ length: 64 }, seededRandom(1));

  test.each([2, 3.5])('as %d GiB gives the softmax of the reference', async (gib) => {
    const graph = graphAbove(gib * 2 ** 30);
    const { maps } = new Reference(graph).record(input);
    const bounds = outputBounds(graph, maps);
    for (const options of [{ kernels: 'scalar' }, { kernels: 'simd' }, { threads: 2 }] as const) {
      using model = await load(fileOf(graph), options);
      expect(model.info().memoryBytes).toBeGreaterThan(gib * 2 ** 30);
      model.run(input).forEach((value, i) => {
        expect(Math.abs(value - maps.at(-1)!.data[i]!)).toBeLessThanOrEqual(bounds![i]!);
      });
    }
  });

  test('as two threads have no addresses for runs on one, and says why', async () => {
    using model = await load(fileOf(graphAbove(SIGN_BYTES)), { threads: 2 });
    expect(model.info()).toMatchObject({
      threads: 1,
      threadsReason: expect.stringMatching(/needs 4\d{9} bytes of memory, at most 4294901760 are possible/),
    });
  });

  test('as has no addresses is refused', async () => {
    await expect(load(fileOf(graphAbove(2 ** 32)))).rejects.toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringMatching(/needs 4\d{9} bytes of memory, at most 4294901760 are possible/),
    });
  });
});

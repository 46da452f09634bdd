import { expect, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import type { BatchStream } from '../../src/data/batch-stream.js';
import { createNetwork } from '../../src/models/index.js';
import { seededRandom } from '../../src/random.js';
import { recomputeStatistics } from '../../src/run/recompute-statistics.js';
import type { Network } from '../../src/types.js';

const SHAPE = { height: 28, width: 28, channels: 1 };
const COUNT = 4;
const random = seededRandom(3);
const batch = () => ({
  images: Float32Array.from({ length: COUNT * 28 * 28 }, () => 2 * random.next() - 1),
  labels: new Int32Array(COUNT),
  count: COUNT,
});

function streamOf(batches: readonly ReturnType<typeof batch>[]): BatchStream {
  let at = 0;
  return { next: async () => batches[at++], close: async () => {} } as unknown as BatchStream;
}

const statistics = async (network: Network): Promise<number[]> => {
  const buffers = network.buffers.filter(({ name }) => /^bn1\.running/.test(name));
  return (await Promise.all(buffers.map((it) => it.get().data()))).flatMap((values) => [...values]);
};

test('statistics are the means over the batches, whatever they were before', async () => {
  const backend = await chooseBackend({ force: 'wasm' });
  const { tf } = backend;
  const network = createNetwork('demo_1w1a', { backend, random: seededRandom(1), classes: 10, omega0: 20 });
  const batches = [batch(), batch(), batch()];
  const each: number[][] = [];
  for (const one of batches) {
    await recomputeStatistics(tf, network, streamOf([one]), { images: 1, shape: SHAPE });
    each.push(await statistics(network));
  }
  const { numTensors } = tf.memory();
  await recomputeStatistics(tf, network, streamOf(batches), { images: 2 * COUNT, shape: SHAPE });
  const found = await statistics(network);
  found.forEach((value, i) => void expect(value).toBeCloseTo((each[0]![i]! + each[1]![i]!) / 2, 5));
  expect(network.statisticsPass).toBeUndefined();
  expect(tf.memory().numTensors).toBe(numTensors);
  const counter = network.buffers.find(({ name }) => name === 'bn1.num_batches_tracked')!;
  expect([...(await counter.get().data())]).toEqual([0]);
  network.dispose();
});

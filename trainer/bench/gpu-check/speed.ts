import { createNetwork } from '../../src/models/index.js';
import { Sgd } from '../../src/optimizer/sgd.js';
import { seededRandom } from '../../src/random.js';
import { trainStep } from '../../src/step.js';
import type { TrainingBackend } from '../../src/types.js';
import { seededBatch } from '../seeded-batch.js';
import type { Findings, Report, SpeedFindings } from './report.js';

/** Not timed, because the first steps compile kernels and allocate buffers. */
const WARM_UP_STEPS = 3;
const MOST_STEPS = 20;
/** After this time no further step is begun. */
const TIMED_MS = 5000;
const SHOWN_KERNELS = 10;

export interface Load {
  readonly network: string;
  readonly batch: number;
}

/** Images per second of training steps, each waited for. */
export async function measureSpeed(backend: TrainingBackend, load: Load): Promise<SpeedFindings> {
  const { step, dispose } = stepOf(backend, load);
  for (let i = 0; i < WARM_UP_STEPS; i++) await step();
  const times: number[] = [];
  const startMs = performance.now();
  while (times.length === 0 || (times.length < MOST_STEPS && performance.now() - startMs < TIMED_MS)) {
    const before = performance.now();
    await step();
    times.push(performance.now() - before);
  }
  dispose();
  const msPerStep = times.sort((a, b) => a - b)[times.length >> 1]!;
  return { ...load, steps: times.length, msPerStep, imagesPerSecond: (1000 * load.batch) / msPerStep };
}

/** The part of tfjs's WebGPU back end that times kernels: backend_webgpu.d.ts. */
interface KernelTimer {
  readonly supportTimestampQuery: boolean;
  time(run: () => void): Promise<{ kernelMs: number; getExtraProfileInfo(): string }>;
}

/**
 * Time of each kind of kernel within a step, by the device's own clock.
 *
 * @throws {Error} if the device has no such clock.
 */
export async function measureKernels(backend: TrainingBackend, load: Load): Promise<Findings<Report['kernels']>> {
  const timer = backend.tf.backend() as unknown as KernelTimer;
  if (!timer.supportTimestampQuery) throw new Error('the adapter has no timestamp queries, so kernels have no times');
  const { msPerStep } = await measureSpeed(backend, load);
  const { step, dispose } = stepOf(backend, load);
  for (let i = 0; i < WARM_UP_STEPS; i++) await step();
  let done: Promise<unknown> | undefined;
  // All kernels of a step are queued before it waits for the first time.
  const times = await timer.time(() => {
    done = step();
  });
  await done;
  dispose();
  const kinds = new Map<string, { calls: number; ms: number }>();
  for (const entry of times.getExtraProfileInfo().split(', ')) {
    const [numbered, ms] = entry.split(': ') as [string, string];
    // The bundler numbers classes whose name another scope has, too.
    const name = numbered.replace(/(?<=Program)\d+$/, '');
    const kind = kinds.get(name) ?? { calls: 0, ms: 0 };
    kinds.set(name, { calls: kind.calls + 1, ms: kind.ms + Number(ms) });
  }
  const kernelMs = [...kinds.values()].reduce((sum, { ms }) => sum + ms, 0);
  const top = [...kinds]
    .map(([name, kind]) => ({ name, ...kind, share: kind.ms / kernelMs }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, SHOWN_KERNELS);
  return { ...load, msPerStep, kernelMs, top };
}

/** A step of a network in stage 2, whose weights are signs, on random images that lie on the device already. */
function stepOf(backend: TrainingBackend, { network: name, batch }: Load) {
  const { tf } = backend;
  const random = seededRandom(1);
  const input = { size: 32, channels: 3 } as const;
  const network = createNetwork(name, { backend, random, classes: 10, omega0: 20, input });
  network.stage = '2';
  network.afterStep();
  const optimizer = new Sgd(tf, network.parameters, { momentum: 0.9, weightDecay: 1e-5, decayed: 'all' });
  const { images, labels } = seededBatch(tf, random, batch);
  return {
    step: () => trainStep({ tf, network, optimizer, images, labels, learningRate: 0.02, tau: 1e-4 }),
    dispose: () => {
      tf.dispose([images, labels]);
      optimizer.dispose();
      network.dispose();
    },
  };
}

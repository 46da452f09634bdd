import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { readManifest } from './bundle-layout.js';
import { driverChoices, whatIsMissing } from './drivers.js';
import { type Findings, notMeasured, parseReport, type Report } from './report.js';
import { type Limits, runInProcess } from './run-stage.js';
import type { StageTask } from './stage.js';
import { unpack } from './unpack.js';

export const NETWORKS = ['resnet20_1w1a', 'resnet18_1w1a'];
export const BATCHES = [128, 256, 512];
export const REPORT_FILE = 'report.json';

/** All of a check, unpacking included. */
const TOTAL_SECONDS = 15 * 60;
/** Kept for writing the report. */
const RESERVE_SECONDS = 5;
/** What each stage may take at most. Together with training for 8 minutes they stay below the whole in all but bad luck. */
const SECONDS = { adapter: 20, step: 60, filterGradients: 80, speed: 30, kernels: 40, tensorflow: 60 } as const;
/** How much more than that on a software adapter, which only tests use. */
const SOFTWARE_FACTOR = 4;
/** Training may take longer than planned by this: loading, the last step, saving. */
const TRAINING_EXTRA_SECONDS = 30;

export interface CheckOptions {
  readonly bundle: string;
  /** An empty folder for what is unpacked. */
  readonly work: string;
  /** Gets the report and the folder of the training. */
  readonly out: string;
  readonly minutes: number;
  readonly networks: readonly string[];
  /** The first is also the one that is trained with. */
  readonly batches: readonly number[];
  /** A checkout in which `signwave setup tensorflow` may have been run. */
  readonly checkout: string | undefined;
  readonly startedMs: number;
}

/** Runs all stages and writes the report. @returns the report. */
export async function runCheck(options: CheckOptions): Promise<Report> {
  const { bundle, work, out, minutes, networks, batches, checkout, startedMs } = options;
  mkdirSync(out, { recursive: true });
  const manifest = readManifest(bundle);
  unpack(bundle, work, manifest);
  const elapsed = (): number => (Date.now() - startedMs) / 1000;
  const left = (): number => TOTAL_SECONDS - RESERVE_SECONDS - elapsed();
  const [network, batch] = [networks[0]!, batches[0]!];
  const common = { bundle, work, out, manifest, network, networks, batch };
  let env: NonNullable<Limits['env']> = {};
  const run = <Found extends object>(task: Pick<StageTask, 'stage'> & Partial<StageTask>, seconds: number) => {
    console.log(`${elapsed().toFixed(0)} s: ${task.stage} ${task.network ?? ''} ${task.batch ?? ''}`.trimEnd());
    return runInProcess<Found>({ ...common, ...task }, { seconds: Math.min(seconds, left()), env });
  };

  const drivers: Report['drivers'] = [];
  let adapter: Report['adapter'] = notMeasured('');
  for (const choice of driverChoices(process.env, work)) {
    env = withLoader(bundle, choice.env);
    adapter = await run<Findings<Report['adapter']>>({ stage: 'adapter' }, SECONDS.adapter);
    drivers.push({ what: choice.what, problem: adapter.measured ? null : adapter.reason });
    if (adapter.measured && !adapter.isSoftware) break;
  }
  if (adapter.measured) {
    console.log(`adapter: ${adapter.description || adapter.device}, ${adapter.isSoftware ? 'software' : 'a GPU'}`);
  } else {
    adapter = notMeasured(`${whatIsMissing(process.env)}\n${adapter.reason}`);
    console.error(`no adapter. ${adapter.reason}`);
  }
  const factor = adapter.measured && adapter.isSoftware ? SOFTWARE_FACTOR : 1;
  /** A stage on WebGPU, if there is any. */
  const onWebgpu = async <Found extends object>(task: Parameters<typeof run>[0], seconds: number) =>
    adapter.measured ? run<Found>(task, factor * seconds) : notMeasured('there is no WebGPU adapter');

  const step = await onWebgpu<Findings<Report['step']>>({ stage: 'step' }, SECONDS.step);
  const filterGradients = await onWebgpu<Findings<Report['filterGradients']>>(
    { stage: 'filterGradients' },
    SECONDS.filterGradients,
  );
  const filterGradient = filterGradients.measured ? filterGradients.fastest : 'stock';
  const speed: Report['speed'] = [];
  const measureSpeed = async (load: { network: string; batch: number; filterGradient: string }): Promise<void> => {
    const result = await onWebgpu<Findings<Report['speed'][number]['result']>>(
      { stage: 'speed', ...load },
      SECONDS.speed,
    );
    speed.push({ what: `${load.network}, batch ${load.batch}, filter gradient ${load.filterGradient}`, result });
  };
  for (const each of networks)
    for (const size of batches) await measureSpeed({ network: each, batch: size, filterGradient });
  if (filterGradient !== 'stock') await measureSpeed({ network, batch, filterGradient: 'stock' });
  const kernels = await onWebgpu<Findings<Report['kernels']>>({ stage: 'kernels', filterGradient }, SECONDS.kernels);
  const tensorflow = hasTensorflow(checkout)
    ? await run<Findings<Report['tensorflow']>>({ stage: 'tensorflow', checkout, batches }, SECONDS.tensorflow)
    : notMeasured(
        'no checkout beside the check has TensorFlow: run signwave setup tensorflow --gpu in one, and its own trainer/scripts/gpu-check.sh',
      );
  const first = speed[0]?.result;
  const imagesPerSecond = first?.measured ? first.imagesPerSecond : undefined;
  const seconds = Math.min(60 * minutes, left() - TRAINING_EXTRA_SECONDS);
  const training = await onWebgpu<Findings<Report['training']>>(
    { stage: 'training', filterGradient, plan: { batch, seconds, imagesPerSecond } },
    seconds + TRAINING_EXTRA_SECONDS,
  );

  const report = parseReport({
    schema: 1,
    commit: manifest.commit,
    started: new Date(startedMs).toISOString(),
    seconds: elapsed(),
    minutes,
    machine: describeMachine(),
    drivers,
    adapter,
    step,
    filterGradients,
    speed,
    kernels,
    training,
    tensorflow,
  });
  writeFileSync(join(out, REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

/** The bundle's Vulkan loader is found before the system's, if there is one. */
function withLoader(bundle: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const folders = [join(bundle, 'lib'), env.LD_LIBRARY_PATH, process.env.LD_LIBRARY_PATH];
  return { ...env, LD_LIBRARY_PATH: folders.filter(Boolean).join(':') };
}

function hasTensorflow(checkout: string | undefined): checkout is string {
  return checkout !== undefined && existsSync(join(checkout, 'node_modules/@tensorflow/tfjs-node-gpu/lib'));
}

function describeMachine(): Report['machine'] {
  const { status, stdout } = spawnSync(
    'nvidia-smi',
    ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'],
    {
      encoding: 'utf8',
      timeout: 10_000,
    },
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: Math.max(1, cpus().length),
    memoryGiB: totalmem() / 2 ** 30,
    kernel: release(),
    node: process.versions.node,
    nvidia: status === 0 ? stdout.trim() : null,
  };
}

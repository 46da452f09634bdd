import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSoftware } from '../../src/backends/webgpu.js';
import type { Manifest } from './bundle-layout.js';
import { compareVariants, useVariant } from './filter-gradients.js';
import { type Opened, openReference, openTensorflowOf, openWebgpuOf, requestAdapter } from './open-backends.js';
import type { SpeedFindings } from './report.js';
import { measureKernels, measureSpeed } from './speed.js';
import { compareStep, encodeReference, firstStep } from './step.js';
import { type TrainingPlan, trainFor } from './training.js';
import { dawnIn } from './unpack.js';

// What runs in a process of its own, so that a driver that crashes or hangs ends one stage, not the check.

/** What a process is told, as JSON. */
export interface StageTask {
  readonly stage: StageName;
  readonly bundle: string;
  readonly work: string;
  readonly out: string;
  readonly manifest: Manifest;
  /** For `speed`, `kernels`, `filterGradients`. */
  readonly batch: number;
  /** For `speed` and `kernels`. */
  readonly network: string;
  /** For `speed`, `kernels` and `training`: one of the variants; undefined for what the trainer chooses itself. */
  readonly filterGradient?: string | undefined;
  /** For `training`. */
  readonly plan?: TrainingPlan;
  /** For `tensorflow`: a folder with the packages. */
  readonly checkout?: string | undefined;
  /** For `tensorflow`. */
  readonly batches?: readonly number[];
  /** For `tensorflow` and `filterGradients`. */
  readonly networks: readonly string[];
}

/** Gets what is known so far, as often as there is more. */
type Keep = (found: object) => void;

const STAGES = {
  adapter: describeAdapter,
  step: async (task: StageTask, record: Keep) => {
    const { backend } = await openWebgpu(task);
    record(await compareStep(backend, task.bundle, task.work));
  },
  filterGradients: async (task: StageTask, record: Keep) => {
    const { backend, stock } = await openWebgpu(task);
    await compareVariants(backend.tf, task, stock, record);
  },
  speed: async (task: StageTask, record: Keep) => {
    const { backend } = await openWebgpu(task);
    record({ ...(await measureSpeed(backend, task)), filterGradient: task.filterGradient });
  },
  kernels: async (task: StageTask, record: Keep) => {
    const { backend } = await openWebgpu(task);
    record(await measureKernels(backend, task));
  },
  training: async (task: StageTask, record: Keep) => {
    const { backend } = await openWebgpu(task);
    record(await trainFor(backend, task.plan!, task, record));
  },
  tensorflow: measureTensorflow,
  /** Not a part of the check: makes the bundle's reference. */
  reference: async ({ work, out }: StageTask) => {
    const { loss, gradients } = encodeReference(await firstStep(await openReference(), work));
    writeFileSync(join(out, 'reference.json'), loss);
    writeFileSync(join(out, 'reference.bin'), gradients);
  },
} as const;
export type StageName = keyof typeof STAGES;

/** Run one stage, in the process that is there for it. @param result is written whenever more is known. */
export async function runStage(task: StageTask, result: string): Promise<void> {
  await STAGES[task.stage](task, (found) => writeFileSync(result, JSON.stringify(found)));
}

async function openWebgpu({ work, filterGradient }: StageTask): Promise<Opened> {
  const opened = await openWebgpuOf(dawnIn(work));
  if (filterGradient !== undefined) useVariant(opened.backend.tf, filterGradient, opened.stock);
  return opened;
}

async function describeAdapter({ work }: StageTask, record: Keep): Promise<void> {
  const adapter = await requestAdapter(dawnIn(work));
  if (adapter === null) throw new Error('there is no graphics adapter with a driver that Dawn accepts');
  const { vendor, architecture, device, description } = adapter.info;
  const features = [...adapter.features].sort();
  const limits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value = (adapter.limits as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'number') limits[name] = value;
  }
  const isSoftwareAdapter = isSoftware(adapter.info);
  const hasTimestamps = features.includes('timestamp-query');
  record({ vendor, architecture, device, description, isSoftware: isSoftwareAdapter, hasTimestamps, features, limits });
}

async function measureTensorflow({ checkout, bundle, work, batches, networks }: StageTask, record: Keep) {
  const backend = await openTensorflowOf(checkout!);
  if (!backend.isGpu) throw new Error(`TensorFlow is there, but not on a GPU: ${backend.device}`);
  const startMs = performance.now();
  const found = await compareStep(backend, bundle, work);
  const step = { measured: true, seconds: (performance.now() - startMs) / 1000, ...found };
  const speed: SpeedFindings[] = [];
  const { device, isGpu } = backend;
  for (const network of networks) {
    for (const batch of batches!) {
      speed.push(await measureSpeed(backend, { network, batch }));
      record({ device, isGpu, step, speed });
    }
  }
}

import { join } from 'node:path';
import { fileExists } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { verifySameConfig } from '../checkpoint/compare-configs.js';
import { lockFolder } from '../checkpoint/folder-lock.js';
import { inferenceFacts, verifySameFacts } from '../checkpoint/inference-facts.js';
import {
  LATEST,
  METRICS,
  prepareFolder,
  REPORT,
  readCheckpointFile,
  writeRunFile,
} from '../checkpoint/output-folder.js';
import { NO_SUMS, type TrainingState } from '../checkpoint/run-state.js';
import { type LoadedCheckpoint, readCheckpoint, restoreNetwork } from '../checkpoint/training-state.js';
import type { TrainConfig } from '../config/parse-config.js';
import { batchesPerEpoch } from '../data/batch-plan.js';
import { openData, type TrainingData } from '../data/open-data.js';
import { ARCHITECTURES, type ArchitectureInfo, quantizersOf } from '../models/index.js';
import { reportHtml } from '../report/html.js';
import type { Network, TrainingBackend } from '../types.js';
import { warmStart } from '../warm-start/warm-start.js';
import type { Evaluation } from './evaluate.js';
import { type Observer, TrainingLoop } from './loop.js';
import { verifyMemory } from './memory.js';
import { methodLines } from './method-lines.js';
import { MetricsFile } from './metrics.js';
import { type NetworkPlace, networkOf, trainedNetwork, waveOf } from './networks.js';
import { stageKeys } from './stages.js';
import { teachingOf } from './teaching.js';
import { Trainee } from './trainee.js';

export interface TrainOptions {
  readonly config: TrainConfig;
  readonly backend: TrainingBackend;
  /** Go on from `latest.safetensors` in the output folder; `if-begun`: if there is one. */
  readonly resume?: boolean | 'if-begun' | undefined;
  /** Overwrite the other run in the output folder. */
  readonly overwrite?: boolean | undefined;
  /** Refuse a data set with images that can't be decoded; by default they are left out. */
  readonly strict?: boolean | undefined;
  /** When aborted, training stops after the current step and is saved. */
  readonly signal?: AbortSignal;
  readonly observer?: Observer;
  /** Gets lines for the user about what is resumed and what is unusual. */
  readonly log?: (line: string) => void;
}

export interface TrainResult {
  /** False if the run was stopped; `--resume` goes on with it. */
  readonly isComplete: boolean;
  readonly state: TrainingState;
  readonly evaluation: Evaluation | undefined;
  /** Absent if no epoch has ended. */
  readonly reportPath: string | undefined;
}

/**
 * Train a network as a config says, and leave checkpoints, metrics and a report in its output folder.
 *
 * @throws {SignwaveError} before training starts: `E_DATA`, `E_IMAGE` (if `strict`), `E_CONFIG` (data, network, a warm start or a cache
 *   don't fit), `E_IO` (no write permission), `E_RESUME`, `E_USAGE` (the folder has a run in it, or another process trains there), `E_MEMORY`. Later: `E_TRAINING`, `E_IO`.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  await prepareFolder(options.config.output);
  const unlock = await lockFolder(options.config.output);
  try {
    return await trainInFolder(options);
  } finally {
    await unlock();
  }
}

async function trainInFolder(options: TrainOptions): Promise<TrainResult> {
  const { config, backend, log = () => {}, signal = new AbortController().signal, observer = {} } = options;
  for (const line of methodLines(config)) log(line);
  const checkpoint = await openFolder(options);
  const data = await openData(config.data, {
    isStrict: options.strict ?? false,
    log,
    scan: (done, total) => observer.scan?.(done, total),
  });
  verifyFits(config, data);
  const facts = inferenceFacts(config, data);
  if (checkpoint) {
    verifySameFacts(checkpoint.path, checkpoint.facts, facts);
    verifyBatch(checkpoint, data);
  }
  warnOfStage1(config, log);
  if (checkpoint && checkpoint.state.backend !== backend.name) {
    log(`so far trained on ${checkpoint.state.backend}: on ${backend.name} it goes on, but not bit for bit`);
  }
  const place: NetworkPlace = { backend, data, facts };
  const network = networkOf(config.architecture, config, place);
  const warm = checkpoint ? undefined : await startWarm(config, network.network, place);
  if (warm !== undefined) log(warm);
  const teaching = await teachingOf(config, place);
  const distillation = teaching?.distillation;
  const batch = Math.min(config.batchSize, data.train.count);
  await verifyMemory(backend, { network: network.network, distillation, image: data, batch });
  const cache = await teaching?.openCache();
  if (cache)
    log(`the teacher's logits are taken from ${config.distillation?.cache}, which those that it lacks are added to`);
  const trainee = new Trainee(backend.tf, network.network, config, distillation, cache);
  const metrics = new MetricsFile(join(config.output, METRICS));
  const start = startOf(config, backend.name, checkpoint, network.random);
  try {
    // Done before metrics are cut, so that a checkpoint of another network leaves them alone.
    if (checkpoint) restoreNetwork(backend.tf, network.network, checkpoint);
    await metrics.cutAfter(checkpoint ? start.step : -1);
    const result = await new TrainingLoop({
      config,
      trainee,
      data,
      facts,
      metrics,
      start,
      checkpoint,
      signal,
      observer,
    }).run();
    const { evaluation } = result;
    const lines = await metrics.read();
    const reportPath = lines.some(({ kind }) => kind === 'epoch') ? join(config.output, REPORT) : undefined;
    if (reportPath !== undefined) {
      const html = await reportHtml({
        config,
        device: backend.device,
        metrics: lines,
        layers: await latentWeights(network.network),
        evaluation,
        classNames: data.classNames,
      });
      await writeRunFile(reportPath, new TextEncoder().encode(html));
    }
    return { ...result, reportPath };
  } finally {
    trainee.dispose();
    await cache?.close();
  }
}

/** Check that the folder may be used. @returns the checkpoint to go on from. */
async function openFolder({ config, resume, overwrite }: TrainOptions): Promise<LoadedCheckpoint | undefined> {
  const path = join(config.output, LATEST);
  if (resume === 'if-begun' ? await fileExists(path) : resume) {
    const checkpoint = readCheckpoint(await readCheckpointFile(path), path);
    verifySameConfig(path, checkpoint.state.config, config);
    return checkpoint;
  }
  if (!overwrite && (await fileExists(path))) {
    throw new SignwaveError(
      'E_USAGE',
      `${config.output} has a run in it; go on with it by --resume, replace it by --overwrite, or name another "output"`,
    );
  }
  return undefined;
}

function verifyFits({ architecture }: TrainConfig, data: TrainingData): void {
  const { size, channels } = inputOf(architecture, data);
  const { leastSize }: ArchitectureInfo = ARCHITECTURES[architecture];
  const fits = leastSize === undefined ? data.height === size : data.height >= leastSize;
  if (fits && data.height === data.width && data.channels === channels) return;
  const expected =
    leastSize === undefined ? `images of ${size} x ${size}` : `squares of at least ${leastSize} x ${leastSize}`;
  throw new SignwaveError(
    'E_CONFIG',
    `${architecture} takes ${expected} x ${channels}, but those of ${data.name} have ${data.height} x ${data.width} x ${data.channels}; name another "architecture" or data`,
  );
}

function warnOfStage1({ architecture, quantizers, stages }: TrainConfig, log: (line: string) => void): void {
  if (stages['2'] || quantizersOf(architecture, quantizers).weights !== 'biper') return;
  log(
    'without stage 2 the weights stay sin(omega0 w): a model packed from them has their signs and is less accurate than this run',
  );
}

/** @throws {SignwaveError} `E_RESUME` if the checkpoint is of a batch that no epoch has. */
function verifyBatch({ path, state }: LoadedCheckpoint, data: TrainingData): void {
  const { batchSize } = state.config;
  const batches = batchesPerEpoch(data.train.count, { batchSize, dropsSingle: true });
  if (state.batch < batches) return;
  throw new SignwaveError(
    'E_RESUME',
    `${path} has batch = ${state.batch} in its metadata, but an epoch has ${batches} batches`,
  );
}

/** The demo network takes two sizes. */
function inputOf(architecture: TrainConfig['architecture'], data: TrainingData): ArchitectureInfo['input'] {
  if (!architecture.startsWith('demo_')) return ARCHITECTURES[architecture].input;
  return { size: data.height === 32 ? 32 : 28, channels: data.channels };
}

/** Gives a new network what a trained one has learned. @returns a line about it. */
async function startWarm(config: TrainConfig, network: Network, place: NetworkPlace): Promise<string | undefined> {
  if (!config.warmStart) return undefined;
  const { checkpoint: path, range } = config.warmStart;
  const { network: trained, checkpoint } = await trainedNetwork(path, undefined, place);
  const { config: ofSource } = checkpoint.state;
  const target = { network, name: config.architecture, omega0: waveOf(config) };
  const source = { network: trained, name: `${path} (${ofSource.architecture})`, omega0: waveOf(ofSource) };
  try {
    return await warmStart(place.backend.tf, target, source, range);
  } finally {
    trained.dispose();
  }
}

function startOf(
  config: TrainConfig,
  backend: string,
  checkpoint: LoadedCheckpoint | undefined,
  random: string,
): TrainingState {
  if (checkpoint) {
    return { ...checkpoint.state, config, backend };
  }
  const stage = stageKeys(config)[0]!;
  const epoch = config.stages[stage]!.firstEpoch;
  return { config, backend, random, stage, epoch, batch: 0, step: 0, sums: NO_SUMS, bestAccuracy: -1, bestEpoch: -1 };
}

async function latentWeights(network: Network): Promise<{ name: string; weights: Float32Array }[]> {
  const layers: { name: string; weights: Float32Array }[] = [];
  for (const { name, weight } of network.binaryLayers) {
    layers.push({ name, weights: (await weight.data()) as Float32Array });
  }
  return layers;
}

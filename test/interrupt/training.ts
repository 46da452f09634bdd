import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFashionMnist } from '../../data/test/node/sets/set-files.js';
import { readCheckpoint } from '../../trainer/src/checkpoint/training-state.js';
import { type Command, outputOf } from './command.js';
import type { Ended } from './program.js';

const FOLDER = 'run';
const LATEST = `${FOLDER}/latest.safetensors`;
/** All files of a run. */
const RUN_FILES = ['latest.safetensors', 'best.safetensors', 'best-stage1.safetensors', 'metrics.jsonl', 'report.html'];
/** Of the runs of the sweep. */
const SEEDS = [1, 2];
/** Two stages, so that all files of a run are written. */
const STAGES = { '1': { epochs: 1, warmUpEpochs: 0 }, '2': { epochs: 2 } };

export async function writeTrainingInputs(inputs: string): Promise<void> {
  mkdirSync(join(inputs, 'data'));
  await writeFashionMnist(join(inputs, 'data'), 4, 1);
  const config = {
    architecture: 'demo_1w1a',
    stages: STAGES,
    batchSize: 2,
    metricsEverySteps: 1,
    data: { format: 'fashion-mnist', folder: '../inputs/data' },
    output: FOLDER,
  };
  writeFileSync(join(inputs, 'train.json'), JSON.stringify({ ...config, seed: 1 }));
  writeFileSync(join(inputs, 'other.json'), JSON.stringify({ ...config, seed: 2 }));
  writeFileSync(join(inputs, 'sweep.json'), JSON.stringify({ base: config, grid: { seed: SEEDS } }));
}

const train = (config: string, ...options: readonly string[]): string[] => [
  ...['train', `../inputs/${config}`, '--backend', 'wasm'],
  ...options,
];

/** A training goes on where it was saved, and ends with the bytes of one that was never interrupted. */
export const TRAINING: Command = {
  about: '`train` of two stages on the back end `wasm`, anew, over another run, and with `--resume`; then `--resume`',
  starts: ['empty', 'old', 'left'],
  args: (start) => train('train.json', ...(start === 'empty' ? [] : [start === 'old' ? '--overwrite' : '--resume'])),
  before: train('other.json'),
  outputs: RUN_FILES.map((name) => `${FOLDER}/${name}`),
  comparable: comparableFile,
  next: (start, found, old) => {
    const latest = outputOf(found, LATEST);
    if (latest === undefined) return train('train.json');
    // What was to be overwritten is there as it was.
    if (start === 'old' && outputOf(old, LATEST)?.equals(latest)) return train('train.json', '--overwrite');
    return train('train.json', '--resume');
  },
  isStage: isStageOfRun,
  judgeEnd: ({ code, signal, stderr }, way) => {
    if (way === 'kill') return undefined;
    if (way === 'disk')
      return code === 0 || !/epoch \d/.test(stderr) || /--resume|metrics\.jsonl can't be written/.test(stderr)
        ? undefined
        : 'a full disk ends a training without a word on how to go on';
    if (code === 130 && !stderr.includes('stopped and saved after step')) return 'it was not saved, or does not say so';
    // The first line is printed when a training listens to signals; the last is of the last epoch.
    const isRunning = stderr.includes('method biper') && !stderr.includes('stage 2, epoch 2/2');
    const isEnded = signal !== null || (code !== 0 && code !== 130);
    return isRunning && isEnded ? `${signal ?? `status ${code}`} ended a training before it was saved` : undefined;
  },
  judgeNext: (interrupted, next) => {
    const again = epochsIn(interrupted).filter((epoch) => epochsIn(next).includes(epoch));
    return again.length > 0 ? `${again.join('; ')} had ended, and was trained again` : undefined;
  },
};

/** Each of its runs is a training, and the same command goes on with all of them. */
export const SWEEP: Command = {
  about: '`train --sweep` of two such runs, anew and where another one was killed; then the same command',
  starts: ['empty', 'left'],
  args: () => ['train', '--sweep', '../inputs/sweep.json', '--backend', 'wasm'],
  outputs: SEEDS.flatMap((seed) => [...RUN_FILES, 'config.json'].map((name) => `${FOLDER}/seed=${seed}/${name}`)),
  comparable: comparableFile,
  isStage: isStageOfRun,
  judgeEnd: ({ code, stderr }, way) => {
    if (code === 130 && !stderr.includes('stopped and saved')) return 'it was not saved, or does not say so';
    if (way === 'disk' && code !== 0 && /epoch \d/.test(stderr) && !stderr.includes('the same command goes on'))
      return 'a full disk ends a sweep without a word on how to go on';
    return undefined;
  },
  judgeNext: (interrupted, next) => {
    const again = epochsOfRuns(interrupted).filter((epoch) => epochsOfRuns(next).includes(epoch));
    return again.length > 0 ? `${again.join('; ')} had ended, and was trained again` : undefined;
  },
};

/** The epochs that a sweep says have ended, each with its run. */
function epochsOfRuns({ stderr }: Ended): string[] {
  const [, ...runs] = stderr.split(/^run \d of \d: /m);
  return runs.flatMap((said) => (said.match(EPOCH) ?? []).map((epoch) => `${said.split('\n', 1)[0]}, ${epoch}`));
}

const EPOCH = /^stage \d, epoch \d\/\d/gm;
const epochsIn = ({ stderr }: Ended): string[] => stderr.match(EPOCH) ?? [];

function comparableFile(path: string, bytes: Buffer): Buffer {
  if (path.endsWith('.jsonl')) return metricsWithoutTimes(bytes);
  // It says when each epoch was how fast.
  return path.endsWith('.html') ? Buffer.from(String(isWholePage(bytes))) : bytes;
}

function isStageOfRun(path: string, bytes: Buffer): boolean {
  if (path.endsWith('.html')) return isWholePage(bytes);
  // A line that was cut off by a crash is left out when the run goes on.
  if (path.endsWith('.jsonl')) return metricsLines(bytes.subarray(0, bytes.lastIndexOf('\n') + 1)) !== undefined;
  try {
    readCheckpoint(bytes, path);
    return true;
  } catch {
    return false;
  }
}

const isWholePage = (bytes: Buffer): boolean => /^<!doctype html>.*<\/html>\s*$/is.test(bytes.toString());

/** Speeds are other ones in each run, and nobody knows how many signs flipped in an epoch that was interrupted. */
function metricsWithoutTimes(bytes: Buffer): Buffer {
  const lines = metricsLines(bytes);
  const isKept = (key: string) => key !== 'imagesPerSecond' && key !== 'flipRatio';
  return Buffer.from(JSON.stringify(lines, (key, value) => (isKept(key) ? value : undefined)));
}

function metricsLines(bytes: Buffer): unknown[] | undefined {
  try {
    return bytes
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  } catch {
    return undefined;
  }
}

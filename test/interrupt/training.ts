import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFashionMnist } from '../../data/test/node/sets/set-files.js';
import { readCheckpoint } from '../../trainer/src/checkpoint/training-state.js';
import { type Command, outputOf } from './command.js';
import type { Ended } from './program.js';

const FOLDER = 'run';
const LATEST = `${FOLDER}/latest.safetensors`;
/** Two stages, so that all files of a run are written. */
const STAGES = { '1': { epochs: 1, warmUpEpochs: 0 }, '2': { epochs: 2 } };

export async function writeTrainingInputs(inputs: string): Promise<void> {
  mkdirSync(join(inputs, 'data'));
  await writeFashionMnist(join(inputs, 'data'), 4, 1);
  for (const [name, seed] of [
    ['train.json', 1],
    ['other.json', 2],
  ] as const) {
    const config = {
      architecture: 'demo_1w1a',
      stages: STAGES,
      batchSize: 2,
      metricsEverySteps: 1,
      seed,
      data: { format: 'fashion-mnist', folder: '../inputs/data' },
      output: FOLDER,
    };
    writeFileSync(join(inputs, name), JSON.stringify(config));
  }
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
  outputs: ['latest.safetensors', 'best.safetensors', 'best-stage1.safetensors', 'metrics.jsonl', 'report.html'].map(
    (name) => `${FOLDER}/${name}`,
  ),
  comparable: (path, bytes) => {
    if (path.endsWith('.jsonl')) return metricsWithoutTimes(bytes);
    // It says when each epoch was how fast.
    return path.endsWith('.html') ? Buffer.from(String(isWholePage(bytes))) : bytes;
  },
  next: (start, found, old) => {
    const latest = outputOf(found, LATEST);
    if (latest === undefined) return train('train.json');
    // What was to be overwritten is there as it was.
    if (start === 'old' && outputOf(old, LATEST)?.equals(latest)) return train('train.json', '--overwrite');
    return train('train.json', '--resume');
  },
  isStage: (path, bytes) => {
    if (path.endsWith('.html')) return isWholePage(bytes);
    // A line that was cut off by a crash is left out when the run goes on.
    if (path.endsWith('.jsonl')) return metricsLines(bytes.subarray(0, bytes.lastIndexOf('\n') + 1)) !== undefined;
    try {
      readCheckpoint(bytes, path);
      return true;
    } catch {
      return false;
    }
  },
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

const epochsIn = ({ stderr }: Ended): string[] => stderr.match(/^stage \d, epoch \d\/\d/gm) ?? [];

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

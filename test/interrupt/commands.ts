import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpy } from '@signwave/lab';
import type { Command } from './command.js';
import { runAtOnce } from './program.js';
import { answeredQueue, type QueueOptions } from './queue.js';
import { SWEEP, TRAINING, writeTrainingInputs } from './training.js';

const CHECKPOINT = 'examples/signwave-cifar10-resnet20.safetensors';
const OTHER_CHECKPOINT = 'examples/biper-resnet20-cifar10.pth';
const MODEL = 'zoo:cifar10-resnet20';
/** Images of the array that is run. */
const IMAGES = 300;

export type CommandName =
  | 'convert'
  | 'train'
  | 'sweep'
  | 'export-onnx'
  | 'export-c'
  | 'run'
  | 'run-images'
  | 'shard'
  | 'eval'
  | 'eval-shard'
  | 'merge'
  | 'collect'
  | 'zoo';
export const COMMAND_NAMES: readonly CommandName[] = [
  'convert',
  'train',
  'sweep',
  'export-onnx',
  'export-c',
  'run',
  'run-images',
  'shard',
  'eval',
  'eval-shard',
  'merge',
  'collect',
  'zoo',
];

/**
 * All commands, with what they read in the folder `inputs`.
 *
 * @param root of the repository. @param program the built command line.
 */
export async function prepareCommands(
  root: string,
  inputs: string,
  program: string,
): Promise<Record<CommandName, Command>> {
  mkdirSync(inputs);
  await writeTrainingInputs(inputs);
  writeFileSync(join(inputs, 'images.npy'), imagesOf(IMAGES));
  writeFileSync(join(inputs, 'others.npy'), imagesOf(IMAGES - 1));
  const cats = join(root, 'examples/images/cat');
  const paths = readdirSync(cats).map((name) => join(cats, name));
  const list = join(inputs, 'list.txt');
  writeFileSync(list, new Array(20).fill(paths.join('\n')).join('\n'));
  let queue: QueueOptions = [];
  const evaluateShare = (share: string, folder: string): string[] => [
    ...['eval', MODEL, join(root, 'examples/images'), '--out', folder, '--shard', share],
  ];
  return {
    convert: {
      about: '`convert` of a `.safetensors`, over no model or another one',
      starts: ['empty', 'old', 'left'],
      args: () => ['convert', join(root, CHECKPOINT), '-o', 'a.sgnw'],
      before: ['convert', join(root, OTHER_CHECKPOINT), '-o', 'a.sgnw'],
      outputs: ['a.sgnw'],
    },
    train: TRAINING,
    sweep: SWEEP,
    'export-onnx': {
      about: '`export --onnx`, over no file or that of `--exact`',
      starts: ['empty', 'old', 'left'],
      args: () => ['export', MODEL, '--onnx', 'a.onnx'],
      before: ['export', MODEL, '--onnx', 'a.onnx', '--exact'],
      outputs: ['a.onnx'],
    },
    'export-c': {
      about: '`export --c`, a new folder',
      starts: ['empty', 'left'],
      args: () => ['export', MODEL, '--c', 'c'],
      outputs: ['c'],
      movesAway: ['c'],
    },
    run: {
      about: `\`run --npy --out\` of ${IMAGES} images, over no array or another one`,
      starts: ['empty', 'old', 'left'],
      args: () => ['run', MODEL, '--npy', '../inputs/images.npy', '--out', 'a.npy'],
      before: ['run', MODEL, '--npy', '../inputs/others.npy', '--out', 'a.npy'],
      outputs: ['a.npy'],
    },
    'run-images': {
      about: '`run --json` of the images of a folder, with stdout into a file',
      starts: ['empty'],
      args: () => ['run', MODEL, ...paths, '--json'],
      outputs: ['a.json'],
      stdout: 'a.json',
      comparable: (_, bytes) => Buffer.from(bytes.toString().replace(/"ms": [\d.]+/g, '"ms": 0')),
    },
    shard: {
      about: '`run --manifest --shard` of the images of a folder, into a folder of parts',
      starts: ['empty', 'left'],
      args: () => ['run', MODEL, '--manifest', '../inputs/list.txt', '--out', 'parts', '--shard', '1/2'],
      outputs: ['parts/part-1-of-2.jsonl'],
    },
    eval: {
      about: '`eval --logits --report`, over no files or others',
      starts: ['empty', 'old', 'left'],
      args: () => ['eval', MODEL, join(root, 'examples/images'), '--logits', 'a.npy', '--report', 'a.html'],
      before: [
        ...['eval', MODEL, join(root, 'examples/images'), '--limit', '20'],
        ...['--logits', 'a.npy', '--report', 'a.html'],
      ],
      outputs: ['a.npy', 'a.html'],
    },
    'eval-shard': {
      about: '`eval --out --shard`, into a folder of parts',
      starts: ['empty', 'left'],
      args: () => evaluateShare('1/2', 'parts'),
      outputs: ['parts/part-1-of-2.jsonl'],
      comparable: (_, bytes) => Buffer.from(bytes.toString().replace(/"runMs":[\d.]+/, '"runMs":0')),
    },
    merge: {
      about: '`merge --report` of two parts of `eval`, over no file or another one',
      starts: ['empty', 'old', 'left'],
      args: () => ['merge', '../inputs/parts', '--report', 'a.html'],
      before: ['merge', '../inputs/other-parts', '--report', 'a.html'],
      outputs: ['a.html'],
      surround: async () => {
        for (const share of ['1/2', '2/2']) runAtOnce(program, evaluateShare(share, join(inputs, 'parts')));
        runAtOnce(program, [...evaluateShare('1/1', join(inputs, 'other-parts')), '--limit', '20']);
        return undefined;
      },
    },
    collect: {
      about: '`collect` of what a worker has answered, over no file or another one',
      starts: ['empty', 'old', 'left'],
      args: () => ['collect', list, ...queue, '--out', 'a.jsonl'],
      before: ['convert', join(root, OTHER_CHECKPOINT), '-o', 'a.jsonl'],
      outputs: ['a.jsonl'],
      surround: () =>
        answeredQueue({ program, model: MODEL, list, copy: join(inputs, 'answers.jsonl') }, (options) => {
          queue = options;
        }),
    },
    zoo: {
      about: '`zoo get`, over no file or another one',
      starts: ['empty', 'old', 'left'],
      args: () => ['zoo', 'get', 'cifar10-resnet20', '-o', 'a.sgnw'],
      before: ['convert', join(root, OTHER_CHECKPOINT), '-o', 'a.sgnw'],
      outputs: ['a.sgnw'],
    },
  };
}

/** An array of raw images, each other ones. */
function imagesOf(count: number): Uint8Array {
  const data = Uint8Array.from({ length: count * 32 * 32 * 3 }, (_, i) => (i * 7 + (i >> 8) * 13 + count) & 0xff);
  return encodeNpy({ type: '|u1', shape: [count, 32, 32, 3], data });
}

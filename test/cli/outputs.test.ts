import { cpSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpy } from '@signwave/lab';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_CHECKPOINT, EXAMPLE_LABELS, ROOT, signwaveIn, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const signwave = (line: string) => signwaveIn(folder, ...line.split(' '));

/** A network that the user defines. */
const ARCH = { input: { height: 1, width: 1, channels: 4 }, layers: [{ linear: 'fc' }] };

beforeAll(async () => {
  cpSync(EXAMPLE_CHECKPOINT, join(folder, 'a.pth'));
  cpSync(EXAMPLE_LABELS, join(folder, 'labels.txt'));
  cpSync(join(ROOT, 'examples/config.txt'), join(folder, 'config.txt'));
  cpSync(join(ROOT, 'examples/images/cat'), join(folder, 'images/cat'), { recursive: true });
  symlinkSync('a.pth', join(folder, 'link.sgnw'));
  linkSync(join(folder, 'a.pth'), join(folder, 'hard.sgnw'));
  writeFileSync(join(folder, 'arch.json'), JSON.stringify(ARCH));
  writeFileSync(join(folder, 'in.npy'), encodeNpy({ type: '|u1', shape: [1, 32, 32, 3], data: new Uint8Array(3072) }));
  const outcome = await signwave('convert a.pth -o m.sgnw --labels labels.txt');
  expect(outcome).toMatchObject({ code: 0 });
  mkdirSync(join(folder, 'models'));
  cpSync(join(folder, 'm.sgnw'), join(folder, 'models/m.sgnw'));
  writeShards();
  writeRun();
});

/** Writes a safetensors index with one shard, of an unknown network. */
function writeShards(): void {
  const header = JSON.stringify({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(join(folder, 'part.safetensors'), Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]));
  writeFileSync(
    join(folder, 'all.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: { x: 'part.safetensors' } }),
  );
}

/** Writes training configs whose teacher, its cache, or the network to start from is the best checkpoint of their own output folder. */
function writeRun(): void {
  mkdirSync(join(folder, 'run'));
  const best = 'run/best.safetensors';
  cpSync(join(folder, 'part.safetensors'), join(folder, best));
  const common = { architecture: 'demo_1w1a', data: { format: 'mnist', folder: 'images' }, output: 'run' };
  const configs = {
    'config.json': { distillation: { teacher: best, architecture: 'demo_1w1a' } },
    'cached.json': { distillation: { teacher: 'a.pth', cache: best, architecture: 'demo_1w1a' } },
    'warm.json': { warmStart: { checkpoint: best } },
  };
  for (const [name, own] of Object.entries(configs)) {
    writeFileSync(join(folder, name), JSON.stringify({ ...common, ...own }));
  }
  mkdirSync(join(folder, 'other'));
  cpSync(join(folder, 'config.json'), join(folder, 'other/metrics.jsonl'));
}

describe('refused with E_USAGE, and nothing is changed:', () => {
  test.each<[line: string, lost: string]>([
    ['convert a.pth -o a.pth', 'a.pth'],
    ['convert a.pth -o ./models/../a.pth', 'a.pth'],
    ['convert a.pth -o link.sgnw', 'a.pth'],
    ['convert link.sgnw -o a.pth', 'a.pth'],
    ['convert a.pth -o hard.sgnw', 'a.pth'],
    ['convert a.pth -o labels.txt --labels labels.txt', 'labels.txt'],
    ['convert a.pth -o arch.json --arch arch.json', 'arch.json'],
    ['convert a.pth -o config.txt', 'config.txt'],
    ['convert a.pth -o arch.json --config arch.json', 'arch.json'],
    ['convert a.pth -o images/cat/0000.png --stem i8 --calibrate images', 'images/cat/0000.png'],
    ['convert all.safetensors.index.json -o part.safetensors', 'part.safetensors'],
    ['convert all.safetensors.index.json -o all.safetensors.index.json', 'all.safetensors.index.json'],
    ['export m.sgnw --onnx m.sgnw', 'm.sgnw'],
    ['export m.sgnw --c m.sgnw', 'm.sgnw'],
    ['export models/m.sgnw --c models', 'models/m.sgnw'],
    ['export m.sgnw --onnx new --c new', 'm.sgnw'],
    ['run m.sgnw --npy in.npy --out in.npy', 'in.npy'],
    ['run m.sgnw --npy in.npy --out m.sgnw', 'm.sgnw'],
    ['eval m.sgnw images --logits m.sgnw', 'm.sgnw'],
    ['eval m.sgnw images --report images/cat/0000.png', 'images/cat/0000.png'],
    ['eval m.sgnw images --logits new --report new', 'm.sgnw'],
    ['bench m.sgnw --device-report m.sgnw', 'm.sgnw'],
    ['analyze a.pth --report a.pth', 'a.pth'],
    ['analyze a.pth --report config.txt', 'config.txt'],
    ['train config.json --overwrite', 'run/best.safetensors'],
    ['train cached.json --overwrite', 'run/best.safetensors'],
    ['train warm.json --overwrite', 'run/best.safetensors'],
    ['train config.json --output images', 'images/cat/0000.png'],
    ['train other/metrics.jsonl --output other', 'other/metrics.jsonl'],
  ])('%s', async (line, lost) => {
    const before = readFileSync(join(folder, lost));
    const { code, stdout, stderr } = await signwave(line);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^E_USAGE .*name /),
    });
    expect(readFileSync(join(folder, lost)).equals(before)).toBe(true);
  });
});

test('a report beside the images may be written again', async () => {
  for (let round = 0; round < 2; round++) {
    expect(await signwave('eval m.sgnw images --limit 1 --report images/report.html')).toMatchObject({ code: 0 });
  }
});

test('a model may be converted over an older one', async () => {
  expect(await signwave('convert a.pth -o models/m.sgnw')).toMatchObject({ code: 0 });
});

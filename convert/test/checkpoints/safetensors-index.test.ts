import { bytesSource, SignwaveError } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.js';
import { bytes } from './build.js';
import { floatFile } from './build-safetensors.js';

const floats = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
const FILES: Readonly<Record<string, Uint8Array>> = {
  'm-1.safetensors': floatFile(new Map([['module.a', floats(1, 2)]]), { omega0: '20', format: 'pt' }),
  'm-2.safetensors': floatFile(
    new Map([
      ['module.b', floats(3)],
      ['optimizer.b', floats(9)],
    ]),
    { format: 'pt' },
  ),
  'other.safetensors': floatFile(new Map([['module.c', floats(4)]]), { format: 'tf' }),
  'cut.safetensors': floatFile(new Map([['module.c', floats(4)]])).subarray(0, -1),
};
const WEIGHT_MAP = {
  'module.a': 'm-1.safetensors',
  'module.b': 'm-2.safetensors',
  'optimizer.b': 'm-2.safetensors',
};

/** Open an index over {@link FILES}; `opened` collects which of them were asked for. */
function openIndex(index: unknown, opened: string[] = [], name = 'm.safetensors.index.json') {
  const text = typeof index === 'string' ? index : JSON.stringify(index);
  return openCheckpoint(bytesSource(bytes(text), name), {
    openSibling: async (file) => {
      opened.push(file);
      const content = FILES[file];
      if (!content) throw new SignwaveError('E_IO', `${file} can't be opened: no such file or directory`);
      return bytesSource(content, file);
    },
  });
}

describe('a checkpoint in several safetensors files', () => {
  test('is one checkpoint: tensors, metadata and what is skipped', async () => {
    const opened: string[] = [];
    const { container, sourceName, tensors, metadata, skipped } = await openIndex(
      { metadata: { total_size: 16, note: 1.5 }, weight_map: WEIGHT_MAP },
      opened,
    );
    expect({ container, sourceName }).toEqual({ container: 'safetensors', sourceName: 'm.safetensors.index.json' });
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(await tensors.get('a')!.readF32()).toEqual(Float32Array.of(1, 2));
    expect(await tensors.get('b')!.readF32()).toEqual(Float32Array.of(3));
    expect([...metadata]).toEqual([
      ['omega0', '20'],
      ['format', 'pt'],
    ]);
    expect(skipped).toEqual(['optimizer.*: 1 tensors, 4 bytes', 'prefix "module." removed from every key']);
    expect(opened).toEqual(['m-1.safetensors', 'm-2.safetensors']);
  });

  test('of PyTorch is refused with the command that joins it', async () => {
    const shards = {
      'conv.weight': 'pytorch_model-00001-of-00002.bin',
      'fc.weight': 'pytorch_model-00002-of-00002.bin',
    };
    await expect(openIndex({ weight_map: shards }, [], 'pytorch_model.bin.index.json')).rejects.toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringMatching(
        /^pytorch_model\.bin\.index\.json is the index of several PyTorch files.*python -c "import glob, torch; .*torch\.save\(w, 'OUT\.pth'\)"$/,
      ),
    });
  });

  test('is known by its weight_map under another name', async () => {
    expect((await openIndex({ weight_map: WEIGHT_MAP }, [], 'index.json')).tensors.size).toBe(2);
  });

  test('can’t be read where no other file can be opened', async () => {
    const source = bytesSource(bytes(JSON.stringify({ weight_map: WEIGHT_MAP })), 'm.index.json');
    await expect(openCheckpoint(source)).rejects.toMatchObject({
      code: 'E_CHECKPOINT_KIND',
      message: expect.stringContaining('in 2 files'),
    });
  });
});

describe('a hostile index', () => {
  test.each([
    '../m-1.safetensors',
    '/etc/m-1.safetensors',
    'sub/m-1.safetensors',
    '..\\m-1.safetensors',
    'C:m-1.safetensors',
    'file:m-1.safetensors',
    '..',
    '.safetensors',
    '.hidden.safetensors',
    '',
    'm\0.safetensors',
    'm\n.safetensors',
    'm.bin',
    'passwd',
    `${'m'.repeat(300)}.safetensors`,
  ])('that names the file %j is refused before anything is opened', async (file) => {
    const opened: string[] = [];
    await expect(openIndex({ weight_map: { ...WEIGHT_MAP, x: file } }, opened)).rejects.toMatchObject({
      code: 'E_CHECKPOINT_STRUCTURE',
      message: expect.stringMatching(/places "x" in .* in the same folder/),
    });
    expect(opened).toEqual([]);
  });

  test.each<[string, unknown, RegExp]>([
    ['without weight_map', { metadata: {} }, /no object "weight_map"/],
    ['with a weight_map that is a list', { weight_map: [] }, /no object "weight_map"/],
    ['that is a list', [], /is no JSON object/],
    ['that isn’t JSON', '{"weight_map": {', /not the JSON that is read here: a key in quotes is expected/],
    ['that isn’t UTF-8', '{"weight_map\xff', /not UTF-8/],
    ['with a tensor twice', '{"weight_map":{"a":"m-1.safetensors","a":"m-2.safetensors"}}', /"a" is there twice/],
    ['with a file that is no string', { weight_map: { a: 1 } }, /places "a" in no string/],
    [
      'with a tensor that its file lacks',
      { weight_map: { ...WEIGHT_MAP, x: 'm-1.safetensors' } },
      /"x" should be in "m-1/,
    ],
    [
      'that leaves a tensor out',
      { weight_map: { 'module.b': 'm-2.safetensors' } },
      /"optimizer\.b" that the index doesn't place/,
    ],
    [
      'that places a tensor in the wrong file',
      { weight_map: { ...WEIGHT_MAP, 'module.a': 'm-2.safetensors' } },
      /"module\.a" should be in "m-2/,
    ],
    [
      'of files that disagree',
      { weight_map: { ...WEIGHT_MAP, 'module.c': 'other.safetensors' } },
      /disagree about "format"/,
    ],
    [
      'of a file that is cut short',
      { weight_map: { 'module.c': 'cut.safetensors' } },
      /cut\.safetensors.*Was it cut short/,
    ],
    [
      'of 2,000 files',
      { weight_map: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`t${i}`, `${i}.safetensors`])) },
      /more than 1024 files/,
    ],
  ])('%s is refused', async (_name, index, message) => {
    await expect(openIndex(index)).rejects.toMatchObject({
      code: 'E_CHECKPOINT_STRUCTURE',
      message: expect.stringMatching(message),
    });
  });

  test('of more than 16 MiB is refused before it is read', async () => {
    const source = { ...bytesSource(bytes(`{${' '.repeat(600)}`), 'm.index.json'), sizeBytes: 2 ** 24 + 1 };
    await expect(openCheckpoint(source)).rejects.toThrow('16777217 bytes, more than 16777216');
  });

  test('of no tensors is no checkpoint', async () => {
    await expect(openIndex({ weight_map: {} })).rejects.toMatchObject({ code: 'E_CHECKPOINT_KIND' });
  });

  test('of a file that isn’t there passes the reason on', async () => {
    await expect(openIndex({ weight_map: { a: 'absent.safetensors' } })).rejects.toMatchObject({ code: 'E_IO' });
  });
});

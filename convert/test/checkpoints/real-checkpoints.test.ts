import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ByteSource, bytesSource } from '@signwave/format';
import { Parser } from 'pickleparser';
import { expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../../../test/shared.js';
import { type Checkpoint, openCheckpoint } from '../../src/checkpoints/index.js';

/** Written by real-checkpoints.expected.py, which uses Python's zipfile, pickle and struct. */
const EXPECTED: Record<string, { tensors: number; elements: number; sha256: string }> = JSON.parse(
  readFileSync(new URL('real-checkpoints.expected.json', import.meta.url), 'utf8'),
);

const RESNET20 = 'biper-resnet20-cifar10/model_best.pth.tar';

function load(name: string): Uint8Array {
  return readFileSync(sharedPath(`checkpoints/${name}`)!);
}

async function digest(checkpoint: Checkpoint) {
  const sha = createHash('sha256');
  let elements = 0;
  for (const { name, shape, readF32 } of checkpoint.tensors.values()) {
    const values = await readF32();
    elements += values.length;
    sha.update(`${name}\0${shape.join(',')}\0`).update(new Uint8Array(values.buffer));
  }
  return { tensors: checkpoint.tensors.size, elements, sha256: sha.digest('hex') };
}

/** A source that notes which bytes were read. */
function watched(bytes: Uint8Array): { source: ByteSource; reads: [start: number, end: number][] } {
  const inner = bytesSource(bytes, 'watched');
  const reads: [number, number][] = [];
  const read: ByteSource['read'] = (offset, length) => {
    reads.push([offset, offset + length]);
    return inner.read(offset, length);
  };
  return { source: { ...inner, read }, reads };
}

describeWithShared('real checkpoints', () => {
  test.each(Object.keys(EXPECTED))('%s has the tensors that Python reads', async (name) => {
    const checkpoint = await openCheckpoint(bytesSource(load(name), name));
    expect(await digest(checkpoint)).toEqual(EXPECTED[name]);
  });

  test('the plain values beside the state dict become metadata, the rest is listed as skipped', async () => {
    const checkpoint = await openCheckpoint(bytesSource(load(RESNET20), RESNET20));
    expect([...checkpoint.metadata]).toEqual([
      ['epoch', 2],
      ['model', 'resnet20_1w1a'],
      ['best_prec1', expect.closeTo(66.35, 3)],
    ]);
    expect(checkpoint.skipped).toEqual(['optimizer: dict of 2 entries', 'lr_scheduler: dict of 8 entries']);
  });

  test('names, order and shapes agree with pickleparser', async () => {
    const file = load(RESNET20);
    const checkpoint = await openCheckpoint(bytesSource(file, RESNET20));
    // The first entry of the archive is data.pkl, with a local header of 30 bytes, name and padding.
    const view = new DataView(file.buffer, file.byteOffset);
    const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
    const oracle = new Parser({
      unpicklingTypeOfDictionary: 'Map',
      persistentResolver: { resolve: (id) => id },
      nameResolver: {
        resolve: (_module, name) => {
          if (name === 'OrderedDict') return () => new Map();
          return (_storage: unknown, _offset: number, shape: number[]) => shape;
        },
      },
    }).parse<Map<string, Map<string, number[]>>>(file.subarray(start));
    const shapes = [...checkpoint.tensors.values()].map(({ name, shape }) => [name, [...shape]]);
    expect(shapes).toEqual([...oracle.get('state_dict')!]);
  });

  test('the DataParallel prefix is removed and reported', async () => {
    const name = 'irnet-resnet20-cifar10/model.th';
    const checkpoint = await openCheckpoint(bytesSource(load(name), name));
    expect([...checkpoint.tensors.keys()].filter((key) => key.startsWith('module.'))).toEqual([]);
    expect(checkpoint.skipped).toContain('prefix "module." removed from every key');
  });

  test('a tensor of each element type says its size', async () => {
    const { tensors } = await openCheckpoint(bytesSource(load(RESNET20), RESNET20));
    expect(tensors.get('conv1.weight')).toMatchObject({ shape: [16, 3, 3, 3], dtype: 'f32', sizeBytes: 1728 });
    expect(tensors.get('bn1.num_batches_tracked')).toMatchObject({ shape: [], dtype: 'i64', sizeBytes: 8 });
  });

  test('opening reads the directory and the pickle, a tensor its own entry, the optimizer nothing', async () => {
    const file = load(RESNET20);
    const { source, reads } = watched(file);
    const { tensors } = await openCheckpoint(source);
    const opened = reads.splice(0).reduce((sum, [start, end]) => sum + end - start, 0);
    expect(opened).toBeLessThan(0.15 * file.length);

    await tensors.get('conv1.weight')!.readF32();
    expect(reads).toHaveLength(1);
    expect(reads[0]![1] - reads[0]![0]).toBeLessThan(1728 + 4000);

    for (const tensor of tensors.values()) await tensor.readF32();
    const read = reads.reduce((sum, [start, end]) => sum + end - start, 0);
    expect(read).toBeLessThan(0.55 * file.length);
  });

  test.each([
    ['legacy-torch/net_best.pth.tar', 'torch-legacy'],
    ['biper-training-steps/biper_resnet20_three_steps.npz', 'npz'],
    [RESNET20, 'torch-zip'],
  ])('%s is in the container %s', async (name, container) => {
    expect((await openCheckpoint(bytesSource(load(name), name))).container).toBe(container);
  });
});

import { sharedBytes, sharedLabels } from '@signwave/data';
import { expect, test } from 'vitest';
import type { StoredTensor } from '../../src/checkpoint/safetensors.js';
import type { LoadedCheckpoint } from '../../src/checkpoint/training-state.js';
import { imagesHash, teacherHash } from '../../src/distillation/cache-identity.js';

/** The parts of a checkpoint that a hash is made of. */
function checkpointOf(tensors: readonly StoredTensor[], config: object = {}): LoadedCheckpoint {
  const state = { config: { method: 'biper', omega0: 20, ...config }, stage: '1' };
  return { path: 'a', state, tensors: new Map(tensors.map((it) => [it.name, it])) } as unknown as LoadedCheckpoint;
}
const WEIGHT: StoredTensor = { name: 'fc.weight', shape: [1, 2], data: Float32Array.of(1, 2) };
const hashOf = (...args: Parameters<typeof checkpointOf>) => teacherHash('demo_float', checkpointOf(...args));

test('a teacher is the same with and without its optimizer’s state', () => {
  const velocity = { ...WEIGHT, name: 'optimizer.fc.weight' };
  expect(hashOf([WEIGHT, velocity])).toBe(hashOf([WEIGHT]));
});

test('a teacher is another with another number, name, shape, quantizer or network', () => {
  const others = [
    hashOf([{ ...WEIGHT, data: Float32Array.of(1, 2.0000002) }]),
    hashOf([{ ...WEIGHT, name: 'fc.bias' }]),
    hashOf([{ ...WEIGHT, shape: [2, 1] }]),
    hashOf([WEIGHT], { omega0: 10 }),
    hashOf([WEIGHT], { network: { nonlinearity: 'hardtanh' } }),
    teacherHash('resnet20_float', checkpointOf([WEIGHT])),
  ];
  expect(new Set([hashOf([WEIGHT]), ...others]).size).toBe(7);
});

test('images are others with another byte or another shape', () => {
  const images = { kind: 'memory', count: 1, height: 2, width: 3, channels: 1, labels: sharedLabels([0]) } as const;
  const [black, other] = [sharedBytes(6), sharedBytes(6)];
  other[5] = 1;
  const hashes = [
    imagesHash({ ...images, pixels: black }),
    imagesHash({ ...images, pixels: other }),
    imagesHash({ ...images, height: 3, width: 2, pixels: black }),
  ];
  expect(new Set(hashes).size).toBe(3);
  expect(imagesHash({ ...images, pixels: sharedBytes(6), labels: sharedLabels([1]) })).toBe(hashes[0]);
});

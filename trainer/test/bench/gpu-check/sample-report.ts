import type { Report } from '../../../bench/gpu-check/report.js';

const done = { measured: true, seconds: 3 } as const;
const step = {
  ...done,
  images: 4,
  loss: 2.7,
  expectedLoss: 2.7,
  gradients: { 'conv1.weight': 1e-6 },
  worst: 1e-6,
  agrees: true,
};
const speed = { network: 'resnet20_1w1a', batch: 128, steps: 9, msPerStep: 32, imagesPerSecond: 4000 };

/** A report in which everything was measured. Its numbers are made up. */
export const SAMPLE_REPORT: Report = {
  schema: 1,
  commit: 'abcdefg',
  started: '2026-01-01T00:00:00.000Z',
  seconds: 600,
  minutes: 8,
  machine: { cpu: 'a CPU', cores: 16, memoryGiB: 128, kernel: '6', node: '20', nvidia: 'a GPU, 1.2, 100 MiB' },
  drivers: [{ what: 'nvidia_icd.json', problem: null }],
  adapter: {
    ...done,
    vendor: 'nvidia',
    architecture: 'hopper',
    device: '0x1',
    description: 'a GPU',
    isSoftware: false,
    hasTimestamps: true,
    features: ['timestamp-query'],
    limits: { maxBufferSize: 1e9 },
  },
  step,
  filterGradients: {
    ...done,
    batch: 128,
    layers: [{ layer: 'a layer', variants: { stock: { ...done, ms: 4, error: 1e-7, agrees: true } } }],
    fastest: 'stock',
  },
  speed: [
    { what: 'resnet20_1w1a, batch 128', result: { ...done, ...speed, filterGradient: 'stock' } },
    { what: 'resnet18_1w1a, batch 512', result: { measured: false, reason: 'out of memory: 1 | 2\nmore of it' } },
  ],
  kernels: {
    ...done,
    network: 'resnet20_1w1a',
    batch: 128,
    msPerStep: 32,
    kernelMs: 16,
    top: [{ name: 'Conv2DDerFilterProgram', calls: 20, ms: 12, share: 0.75 }],
  },
  training: {
    ...done,
    network: 'resnet20_1w1a',
    batch: 128,
    images: 20_000,
    testImages: 2000,
    plannedEpochs: 2,
    steps: 312,
    isComplete: true,
    epochs: [{ stage: '1', epoch: 0, trainLoss: 1.5, testAccuracy: 0.5125, imagesPerSecond: 3900 }],
    checkpoint: 'training/latest.safetensors',
  },
  tensorflow: { ...done, device: 'TensorFlow, GPU', isGpu: true, step, speed: [speed] },
};

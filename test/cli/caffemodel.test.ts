import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHITECTURES, architectureId } from '@signwave/convert';
import { beforeAll, describe, expect, test } from 'vitest';
import { hwgqModel } from '../../convert/test/checkpoints/build-caffemodel.js';
import { randomState } from '../e2e/random-checkpoint.js';
import { signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const caffemodel = join(folder, 'vgg.caffemodel');
const model = join(folder, 'vgg.sgnw');

beforeAll(() => {
  const architecture = ARCHITECTURES.find((it) => architectureId(it) === 'hwgq-vgg_small')!;
  const state = randomState(architecture, 10, 3);
  for (const [name, tensor] of state) {
    if (name.endsWith('.centers')) state.set(name, { ...tensor, values: Float32Array.of(0.538, 1.076, 1.614) });
  }
  writeFileSync(caffemodel, hwgqModel(state));
});

describe('a Caffe model', () => {
  test('is inspected, and its network recognised', async () => {
    const { stdout, code } = await signwave('inspect', caffemodel);
    expect(code).toBe(0);
    expect(stdout).toContain('Caffe model (.caffemodel)');
    expect(stdout).toContain('hwgq-vgg_small');
    expect(stdout).toMatch(/qt2_1\.centers/);
  });

  test('is converted and verified without a differing bit', { timeout: 300_000 }, async () => {
    const converted = await signwave('convert', caffemodel, '-o', model);
    expect([converted.code, converted.stderr]).toEqual([0, '']);
    const verified = await signwave('verify', model, '--checkpoint', caffemodel, '--limit', '1');
    expect(verified.stdout).toContain('gives the same bytes');
    expect(verified.code).toBe(0);
  });

  test('that was cut short is refused, with what it is', async () => {
    const cut = join(folder, 'cut.caffemodel');
    writeFileSync(cut, readFileSync(caffemodel).subarray(0, 100_000));
    const { stderr, code } = await signwave('convert', cut, '-o', join(folder, 'never.sgnw'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_CHECKPOINT_STRUCTURE.*cut\.caffemodel is a damaged Caffe model.*Was it cut short\?/);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.js';
import { ROOT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const tflite = join(ROOT, 'test/cases/checkpoints/larq/small/ties/model.tflite');

describe('a TensorFlow Lite model of Larq Compute Engine', () => {
  test('is inspected: its operators, what is binary and what isn’t', async () => {
    const { stdout, code } = await signwave('inspect', tflite);
    expect(code).toBe(0);
    expect(stdout).toMatch(/TensorFlow Lite model, 8 operators/);
    expect(stdout).toMatch(/LceBconv2d +\(1, 8, 8, 32\) +\(32, 3, 3, 32\) +1 +1,152/);
    expect(stdout).toContain('binary: 4 layers');
    expect(stdout).toContain('all operators can be converted');
  });

  test('is inspected as JSON, with the same facts', async () => {
    const { stdout } = await signwave('inspect', tflite, '--json');
    const { kind, layers } = JSON.parse(stdout);
    expect(kind).toBe('tflite');
    expect(layers[4]).toMatchObject({
      operator: 'LceBconv2d',
      shape: [1, 8, 8, 32],
      weights: { bits: 1, bytes: 1152, shape: [32, 3, 3, 32] },
    });
  });

  test('is converted to a model whose bits are the reference’s', { timeout: 60_000 }, async () => {
    const model = join(folder, 'ties.sgnw');
    const recipe = '{"mean": [0, 0, 0], "std": [1, 1, 1]}';
    const converted = await signwave('convert', tflite, '-o', model, '--name', 'ties', '--preprocess', recipe);
    expect([converted.code, converted.stderr]).toEqual([0, '']);
    expect(converted.stdout).toContain('larq tflite');
    const verified = await signwave('verify', model, '--limit', '2');
    expect([verified.code, verified.stderr]).toEqual([0, '']);
    const { stdout } = await signwave('inspect', model);
    expect(stdout).toMatch(/QuantConv2D|quant_conv2d/i);
  });

  test('is refused with options that only checkpoints need', async () => {
    const { stderr, code } = await signwave('convert', tflite, '-o', join(folder, 'never.sgnw'), '--state-dict', 'ema');
    expect(code).toBe(2);
    expect(stderr).toMatch(/E_USAGE.*TensorFlow Lite model, which --state-dict says nothing about/);
  });

  test('that was cut short is refused, with what it is', async () => {
    const cut = join(folder, 'cut.tflite');
    writeFileSync(cut, readFileSync(tflite).subarray(0, 3_000));
    const { stderr, code } = await signwave('convert', cut, '-o', join(folder, 'never.sgnw'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_CHECKPOINT_STRUCTURE.*cut\.tflite is a damaged TensorFlow Lite model.*cut short/);
  });

  test('is compared with the model that was made of it, its outputs and its operators with recorded ones', async () => {
    const model = join(folder, 'verified.sgnw');
    await signwave('convert', tflite, '-o', model);
    const beside = (name: string): string => join(dirname(tflite), name);
    const recorded = ['--checkpoint', tflite, '--input', beside('input.npy'), '--steps', beside('steps.npz')];
    const args = ['verify', model, ...recorded, '--expected', beside('output.npy')];
    const { stdout, code } = await signwave(...args);
    expect(code).toBe(0);
    for (const line of [
      'converting it again: gives the same bytes',
      'outputs as expected: same first class on 4 of 4; 4 of 4 within 0.00001',
      'operators, each from recorded operands: 7 of 7 equal to the last bit',
      'signs from end to end: all equal',
    ]) {
      expect(stdout).toContain(`ok  ${line}`);
    }
    const { steps } = JSON.parse((await signwave(...args, '--json')).stdout);
    expect(steps.operators[0]).toEqual({ index: 0, kind: 'CONV_2D', difference: 0, tolerance: 2e-6 });
  });

  test('is needed to compare operators, which is said', async () => {
    const { stderr, code } = await signwave('verify', join(folder, 'ties.sgnw'), '--steps', 'steps.npz');
    expect(code).toBe(2);
    expect(stderr).toMatch(/E_USAGE.*--steps needs --checkpoint, the \.tflite/);
  });
});

describeWithShared('a TensorFlow Lite model that can’t be converted', () => {
  test('is inspected all the same, with each operator that stands in the way', async () => {
    const path = sharedPath('checkpoints/larq/small/not_binary/model.tflite')!;
    const { stdout, code } = await signwave('inspect', path);
    expect(code).toBe(0);
    for (const kind of ['SIGN', 'MINIMUM', 'ROUND'])
      expect(stdout).toMatch(new RegExp(`can’t be converted: .*\\(${kind}`));
  });

  test('has its dense layers named that converting packs', async () => {
    const path = sharedPath('checkpoints/larq/small/binary_dense/model.tflite')!;
    const { stdout } = await signwave('inspect', path);
    expect(stdout).toMatch(/FULLY_CONNECTED +\(1, 48\) +\(48, 1024\) +32 -> 1/);
    expect(stdout).toContain('float in the file, but +a and -a only: 3 layers');
  });
});

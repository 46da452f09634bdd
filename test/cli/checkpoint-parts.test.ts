import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphBuilder, type Tensor, writeModel } from '@signwave/format';
import { summarize } from '@signwave/lab';
import { describe, expect, test } from 'vitest';
import { checkpoint, pickle, tensorPickle } from '../../convert/test/checkpoints/build.js';
import { ROOT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();

describe('a checkpoint with several parts', () => {
  const cases = join(ROOT, 'test/cases');
  const tiny = join(cases, 'tiny.json');
  const twins = join(folder, 'twins.pth');
  const TENSOR = tensorPickle({ elements: 1, shape: [1], strides: [1] });
  const state = pickle.dict({ 'fc.weight': TENSOR });
  writeFileSync(
    twins,
    checkpoint(pickle.program(pickle.dict({ student: state, ema: state })), { 0: new Uint8Array(4) }),
  );

  test('is shown by its state dicts, and one of them by name', async () => {
    const { stdout, code } = await signwave('inspect', twins);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /2 state dicts; --state-dict chooses one\n\nstate dict +tensors\n-+ +-+\nstudent +1\nema +1\n/,
    );
    const one = await signwave('inspect', twins, '--state-dict', 'ema');
    expect(one.stdout).toMatch(/state dict +ema \(1 tensors\)\n +not taken +student \(1 tensors\)/);
    const json = JSON.parse((await signwave('inspect', twins, '--json')).stdout);
    expect(json.stateDicts).toEqual([
      { path: 'student', tensors: 1 },
      { path: 'ema', tensors: 1 },
    ]);
  });

  test('is converted and verified by a prefix', async () => {
    const lightning = join(cases, 'checkpoints/lightning-criterion.ckpt');
    const model = join(folder, 'lightning.sgnw');
    const options = ['--arch', tiny, '--prefix', 'model.', '--state-dict', 'state_dict'];
    const converted = await signwave('convert', lightning, '-o', model, ...options);
    expect(converted.stderr).toContain('left out 1 tensor not under "model.": "criterion.pos_weight"');
    const verified = await signwave('verify', model, '--checkpoint', lightning, ...options);
    expect(verified.stdout).toContain('converting it again: gives the same bytes');
    expect((await signwave('convert', lightning, '-o', model, '--arch', tiny, '--prefix', 'net')).code).toBe(2);
  });

  test('is refused by a short line and a table that 80 columns show', async () => {
    const { stderr } = await signwave('convert', 'test/cases/checkpoints/plain.pth', '-o', join(folder, 'no.sgnw'));
    const lines = stderr.trim().split('\n');
    expect(lines[0]).toMatch(/^E_CHECKPOINT_ARCH .*plain\.pth is of no network that signwave knows$/);
    expect(lines[1]).toMatch(/^ {2}architecture +tensors +first difference$/);
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(80);
  });
});

test('as float32, weights that take two tensors of bits count once', () => {
  const bits = (byte: number): Tensor => ({ dtype: 'bits', shape: [1, 1, 1, 8], data: Uint8Array.of(byte) });
  const g = new GraphBuilder();
  const x = g.sign(g.input({ height: 1, width: 1, channels: 8 }));
  g.add(g.conv(x, bits(1), { name: 'conv' }), g.conv(x, bits(3), { name: 'conv' }));
  const info = { name: 'n', architecture: 'a', method: 'm', writer: 'w', accuracy: [] };
  const model = { info, graph: g.build() };
  expect(summarize(model, writeModel(model)).float32Bytes).toBe(8 * 4);
});

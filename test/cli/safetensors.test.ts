import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@signwave/convert';
import { bytesSource } from '@signwave/format';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FloatTensor, floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { EXAMPLE_CHECKPOINT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const METADATA = { omega0: '20', stage: '2' };
const file = (name: string): string => join(folder, name);

let tensors: [string, FloatTensor][];

beforeAll(async () => {
  const { tensors: stored } = await openCheckpoint(bytesSource(readFileSync(EXAMPLE_CHECKPOINT), 'example'));
  tensors = [];
  for (const { name, shape, readF32 } of stored.values()) tensors.push([name, { shape, values: await readF32() }]);
  writeFileSync(file('one.safetensors'), floatFile(new Map(tensors), METADATA));

  const halves = [tensors.slice(0, 50), tensors.slice(50)];
  const weightMap: Record<string, string> = {};
  for (const [i, half] of halves.entries()) {
    const shard = `model-0000${i + 1}-of-00002.safetensors`;
    writeFileSync(file(shard), floatFile(new Map(half), METADATA));
    for (const [name] of half) weightMap[name] = shard;
  }
  writeFileSync(file('model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  writeFileSync(file('outside.index.json'), JSON.stringify({ weight_map: { ...weightMap, x: '../one.safetensors' } }));
});

describe('convert takes safetensors', () => {
  test.each(['one.safetensors', 'model.safetensors.index.json'])('%s, with omega0 from its metadata', async (name) => {
    const output = file(`${name}.sgnw`);
    const converted = await signwave('convert', file(name), '-o', output, '--json');
    expect(converted.stderr).toBe('');
    expect(JSON.parse(converted.stdout)).toMatchObject({ omega0: 20, omega0From: file(name) });
    const verified = await signwave('verify', output, '--checkpoint', file(name), '--limit', '1');
    expect(verified.stdout).toContain('gives the same bytes');
    expect(verified.code).toBe(0);
  });

  test('and writes the SHA-256 of all files of one in several', async () => {
    const hash = createHash('sha256');
    for (const name of [
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ])
      hash.update(readFileSync(file(name)));
    const output = file('sharded.sgnw');
    await signwave('convert', file('model.safetensors.index.json'), '-o', output);
    const { stdout } = await signwave('inspect', output, '--json');
    expect(JSON.parse(stdout).sourceSha256).toBe(hash.digest('hex'));
  });

  test('but no file outside the folder of the index', async () => {
    const { code, stderr } = await signwave('convert', file('outside.index.json'), '-o', file('never.sgnw'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /E_CHECKPOINT_STRUCTURE.*"\.\.\/one\.safetensors", expected the name of a \.safetensors file/,
    );
  });

  test('and warns of stage 1 by its metadata', async () => {
    writeFileSync(file('stage1.safetensors'), floatFile(new Map(tensors), { ...METADATA, stage: '1' }));
    const { code, stderr } = await signwave('convert', file('stage1.safetensors'), '-o', file('stage1.sgnw'));
    expect(code).toBe(0);
    expect(stderr).toContain('is of stage 1');
  });
});

test('inspect shows a safetensors checkpoint', async () => {
  const { code, stdout } = await signwave('inspect', file('one.safetensors'));
  expect(code).toBe(0);
  expect(stdout).toMatch(/one\.safetensors: safetensors checkpoint, \d+ tensors/);
  expect(stdout).toMatch(/^ {2}omega0 +20$/m);
  expect(stdout).toContain('was written in stage 2');
});

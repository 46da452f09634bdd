// The same network in the forms that people's checkpoints have: each gives the model that the plain state dict gives.

import { readFileSync } from 'node:fs';
import { bytesSource, writeModel } from '@signwave/format';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, type PartOptions } from '../../src/checkpoints/index.js';
import { convertCheckpoint } from '../../src/convert.js';
import { parseNetworkJson } from '../../src/models/own-network-json.js';

const CASES = new URL('../../../test/cases/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, CASES)));
const networkOf = (name: string) => parseNetworkJson(new TextDecoder().decode(read(name)), name);

async function modelOf(name: string, network: string, part: PartOptions = {}): Promise<Uint8Array> {
  const checkpoint = await openCheckpoint(bytesSource(read(`checkpoints/${name}`), name), part);
  const { model } = await convertCheckpoint(checkpoint, { writer: 'test', arch: networkOf(network), name: 'tiny' });
  return writeModel(model);
}

describe('an honest checkpoint converts as its plain state dict does', () => {
  test.each([
    ['python2-optimizer.pth.tar', 'tiny.json', {}],
    ['enum-in-args.pth', 'tiny.json', {}],
    ['accuracy-tensor-beside.pth', 'tiny.json', {}],
    ['accuracy-tensor-beside.pth', 'tiny.json', { stateDict: 'student' }],
    ['lightning-criterion.ckpt', 'tiny.json', {}],
    ['lightning-criterion.ckpt', 'tiny.json', { prefix: 'model.' }],
    ['lightning-criterion.ckpt', 'tiny.json', { stateDict: 'state_dict', prefix: 'model' }],
    ['unused-u32.safetensors', 'tiny-ignores.json', {}],
    ['tuple-root.pth', 'tiny.json', {}],
    ['tuple-root.pth', 'tiny.json', { stateDict: '0' }],
  ])('%s by %s, %j', async (name, network, part) => {
    expect(await modelOf(name, network, part)).toEqual(await modelOf('plain.pth', 'tiny.json'));
  });

  test('and what was left out of it is said', async () => {
    const checkpoint = await openCheckpoint(bytesSource(read('checkpoints/enum-in-args.pth'), 'enum.pth'));
    expect(checkpoint.skipped).toContain('args: argparse.Namespace object');
    expect(checkpoint.skipped.join()).toMatch(/__builtin__\.getattr: named at byte \d+ of data\.pkl, never called/);
    const lightning = await openCheckpoint(bytesSource(read('checkpoints/lightning-criterion.ckpt'), 'l.ckpt'));
    const { match } = await convertCheckpoint(lightning, { writer: 'test', arch: networkOf('tiny.json') });
    expect(match.checkpoint.skipped).toContain('1 tensor not under "model.": "criterion.pos_weight"');
  });

  test('but not with a prefix or a state dict that it lacks, and it says which it has', async () => {
    await expect(modelOf('lightning-criterion.ckpt', 'tiny.json', { prefix: 'net.' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('begin with "model." (14), "criterion." (1)'),
    });
    await expect(modelOf('tuple-root.pth', 'tiny.json', { stateDict: 'ema' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('no state dict "ema"; it has: 0 (14 tensors)'),
    });
    await expect(modelOf('unused-u32.safetensors', 'tiny-ignores.json', { stateDict: 'ema' })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('--prefix'),
    });
  });
});

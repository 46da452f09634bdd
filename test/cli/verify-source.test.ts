import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel, writeModel } from '@signwave/format';
import { encodeNpy } from '@signwave/lab';
import { readNpy } from '@signwave/lab/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FloatTensor, floatFile } from '../../convert/test/checkpoints/build-safetensors.js';
import { seededRandom } from '../e2e/random-checkpoint.js';
import { signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const CLASSES = 4;
const INPUTS = 12;
const inputs = path('inputs.npy');
const checkpoint = path('dead.safetensors');

function path(name: string): string {
  return join(folder, name);
}

interface Parts {
  readonly pad?: number;
  readonly signOfZero?: number;
}

/** Writes the JSON of a network with one binary convolution behind a ReLU-like batch norm. */
function network(name: string, { pad = 1, signOfZero }: Parts = {}): string {
  const conv = {
    op: 'binaryConv',
    name: 'conv1',
    outChannels: 8,
    weights: 'sign',
    ...(signOfZero !== undefined && { signOfZero }),
  };
  const definition = {
    name: 'own-small',
    classifier: 'fc',
    input: [8, 8, 3],
    layers: [
      { op: 'floatConv', name: 'stem', outChannels: 8, kernel: 3, pad },
      { op: 'batchNorm', name: 'bn0' },
      conv,
      { op: 'batchNorm', name: 'bn1' },
      { op: 'globalAvgPool' },
      { op: 'floatLinear', name: 'fc', outputs: 'classes' },
    ],
  };
  writeFileSync(path(name), JSON.stringify(definition));
  return path(name);
}

beforeAll(() => {
  const random = seededRandom(11);
  const tensor = (shape: readonly number[], size: number, mean = 0): FloatTensor => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => mean + size * (random() * 2 - 1)),
  });
  const norm = (name: string, isDead: (c: number) => boolean): [string, FloatTensor][] => {
    const alive = (given: FloatTensor): FloatTensor => ({
      ...given,
      values: given.values.map((value, c) => (isDead(c) ? 0 : value)),
    });
    return [
      [`${name}.weight`, alive(tensor([8], 0.5, 1))],
      [`${name}.bias`, alive(tensor([8], 0.5))],
      [`${name}.running_mean`, tensor([8], 0.2)],
      [`${name}.running_var`, tensor([8], 0.5, 1)],
    ];
  };
  const state = new Map<string, FloatTensor>([
    ['stem.weight', tensor([8, 3, 3, 3], 0.4)],
    ...norm('bn0', (c) => c % 3 === 1),
    ['conv1.weight', tensor([8, 8, 3, 3], 1)],
    ...norm('bn1', () => false),
    ['fc.weight', tensor([CLASSES, 8], 1)],
    ['fc.bias', tensor([CLASSES], 0.1)],
  ]);
  writeFileSync(checkpoint, floatFile(state));
  const data = Float32Array.from({ length: INPUTS * 3 * 64 }, () => random() * 2 - 1);
  writeFileSync(inputs, encodeNpy({ type: '<f4', shape: [INPUTS, 3, 8, 8], data }));
});

const converted = new Map<string, ReturnType<typeof convertOnce>>();

/** Converts the network with these properties, only once for all tests. */
function convert(parts: Parts = {}): ReturnType<typeof convertOnce> {
  const name = JSON.stringify(parts).replaceAll(/[^\w-]/g, '');
  const known = converted.get(name) ?? convertOnce(`net${name}`, parts);
  converted.set(name, known);
  return known;
}

async function convertOnce(name: string, parts: Parts): Promise<{ model: string; arch: string; stderr: string }> {
  const arch = network(`${name}.json`, parts);
  const model = path(`${name}.sgnw`);
  const { code, stderr } = await signwave('convert', checkpoint, '-o', model, '--arch', arch);
  expect(code, stderr).toBe(0);
  return { model, arch, stderr };
}

describe('dead channels', () => {
  test('are said by convert and verify to be folded, and the model agrees with its source', async () => {
    const { model, arch, stderr } = await convert();
    const line =
      "3 input channels of 1 layer are always exactly at the threshold (dead channels), where the source's sign gives 0: folded into constants";
    expect(stderr).toContain(line);
    const verified = await signwave('verify', model, '--checkpoint', checkpoint, '--arch', arch, '--limit', '5');
    expect(verified.stdout).toContain(line);
    expect(verified.stdout).toMatch(
      /ok {2}agreement with the network as trained: same first class on 5 of 5, largest difference of an output \S+; 960 of its signs are 0/,
    );
    expect(verified.code).toBe(0);
    const json = await signwave('verify', model, '--checkpoint', checkpoint, '--arch', arch, '--limit', '1', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      ties: 0,
      keptTies: [{ layer: 'conv1', constant: 3, frequent: 0, kept: 'folded' }],
    });
  });

  test('that were taken for +1 fail the check', async () => {
    const { model, arch } = await convert();
    // As a converter would write it that doesn't know a sign of 0.
    const { model: plus } = await convert({ signOfZero: 1 });
    const { graph } = readModel(readFileSync(plus));
    const { info } = readModel(readFileSync(model));
    const wrong = path('wrong.sgnw');
    writeFileSync(wrong, writeModel({ info, graph }));
    const { code, stdout } = await signwave(
      'verify',
      wrong,
      '--checkpoint',
      checkpoint,
      '--arch',
      arch,
      '--limit',
      '5',
    );
    expect(stdout).toMatch(
      /FAILED {2}agreement with the network as trained: .*outputs on 5 differ by more than roundings, with no value next to a threshold to explain it, first at conv1/,
    );
    expect(code).toBe(1);
  });

  test('of a network whose sign(0) is +1 or -1 are no ties', async () => {
    for (const signOfZero of [1, -1]) {
      const { model, arch, stderr } = await convert({ signOfZero });
      expect(stderr).toBe('');
      const { code, stdout } = await signwave(
        ...['verify', model, '--checkpoint', checkpoint, '--arch', arch, '--limit', '3'],
      );
      expect(stdout).toContain('same first class on 3 of 3');
      expect(stdout).not.toContain('exactly at');
      expect(code).toBe(0);
    }
  });
});

describe('verify --input --expected', () => {
  async function expectedOf(model: string, name: string): Promise<string> {
    const { code } = await signwave('run', model, '--npy', inputs, '--out', path(name));
    expect(code).toBe(0);
    return path(name);
  }

  test('passes a model whose outputs are those that were recorded, float32 or float64', async () => {
    const { model } = await convert();
    const expected = await expectedOf(model, 'expected.npy');
    const doubles = path('doubles.npy');
    const { data } = await readNpy(expected, { types: ['<f4'] });
    writeFileSync(doubles, encodeNpy({ type: '<f8', shape: [INPUTS, CLASSES], data: Float64Array.from(data) }));
    for (const file of [expected, doubles]) {
      const { code, stdout } = await signwave('verify', model, '--input', inputs, '--expected', file);
      expect(stdout).toContain('ok  outputs as expected: same first class on 12 of 12; 12 of 12 within 0.001');
      expect(code).toBe(0);
    }
  });

  test('fails a network whose description has other pads, which every other check passes', async () => {
    const expected = await expectedOf((await convert()).model, 'pads.npy');
    const { model, arch } = await convert({ pad: 0 });
    const others = await signwave('verify', model, '--checkpoint', checkpoint, '--arch', arch, '--limit', '2');
    expect(others.code).toBe(0);
    const { code, stdout } = await signwave('verify', model, '--input', inputs, '--expected', expected, '--json');
    expect(code).toBe(1);
    const verdict = JSON.parse(stdout);
    expect(verdict).toMatchObject({
      ok: false,
      images: INPUTS,
      expected: { isOk: false, images: INPUTS, tolerance: 0.001 },
    });
    expect(verdict.expected.within).toBeLessThan(INPUTS / 2);
    expect(verdict.expected.largestDifference).toBeGreaterThan(0.001);
  });

  test('fails a network with another sign(0)', async () => {
    const expected = await expectedOf((await convert()).model, 'zero.npy');
    const { model } = await convert({ signOfZero: 1 });
    const { code, stdout } = await signwave('verify', model, '--input', inputs, '--expected', expected);
    expect(stdout).toContain('FAILED  outputs as expected');
    expect(code).toBe(1);
  });

  test('refuses arrays that don’t belong together, and options that don’t', async () => {
    const { model } = await convert();
    const short = path('short.npy');
    writeFileSync(short, encodeNpy({ type: '<f4', shape: [3, CLASSES], data: new Float32Array(12) }));
    const nan = path('nan.npy');
    const data = new Float32Array(INPUTS * CLASSES);
    data[5] = Number.NaN;
    writeFileSync(nan, encodeNpy({ type: '<f4', shape: [INPUTS, CLASSES], data }));
    const cases: [string[], number, RegExp][] = [
      [['--input', inputs, '--expected', short], 1, /E_NPY .*short\.npy.*\(3, 4\), expected \(12, 4\)/],
      [['--input', inputs, '--expected', nan], 1, /E_NPY .*nan\.npy: the output expected for input 1, class 1 is NaN/],
      [['--input', short], 1, /E_NPY .*short\.npy/],
      [['--expected', short], 2, /E_USAGE --expected needs --input/],
      [['--input', inputs, '--images', folder], 2, /E_USAGE give --input or --images/],
      [['--input', path('missing.npy')], 1, /E_IO /],
    ];
    for (const [options, code, message] of cases) {
      const refused = await signwave('verify', model, ...options);
      expect(refused.stderr).toMatch(message);
      expect(refused.code).toBe(code);
    }
  });
});

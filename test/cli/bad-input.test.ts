import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpy } from '@signwave/lab';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  EXAMPLE_CHECKPOINT,
  EXAMPLE_IMAGES,
  EXAMPLE_LABELS,
  signwave,
  signwaveIn,
  temporaryFolder,
} from './signwave.js';

const folder = temporaryFolder();
const model = join(folder, 'example.sgnw');

beforeAll(async () => {
  const { code } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', model, '--labels', EXAMPLE_LABELS);
  expect(code).toBe(0);
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('convert refuses, with exit code 1 and no file left behind,', () => {
  const kinds: readonly [what: string, content: string | Uint8Array, says: RegExp][] = [
    ['an empty file', '', /E_CHECKPOINT_KIND.*empty/],
    ['an HTML page', '<!DOCTYPE html><html></html>', /E_CHECKPOINT_KIND.*HTML/],
    ['a git-lfs pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n', /git.lfs/],
    ['a JSON text', '{"a": 1}', /JSON/],
    ['an ONNX model', Uint8Array.of(8, 8, 0x12, 7, ...Buffer.from('pytorch')), /ONNX/],
    ['safetensors', Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from('{"__metadata__":{}}')), /safetensors/],
    [
      'a legacy checkpoint that is cut short',
      Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
      /legacy/,
    ],
    ['bytes of no known kind', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), /01 02 03 04/],
  ];
  test.each(kinds)('%s', async (what, content, says) => {
    const before = readdirSync(folder).length;
    const input = file(`${what}.pth`, content);
    const { code, stderr } = await signwave('convert', input, '-o', join(folder, 'never.sgnw'), '--omega0', '20');
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('defect');
    expect(readdirSync(folder)).toHaveLength(before + 1);
  });

  test('a model that is converted already', async () => {
    const { code, stderr } = await signwave('convert', model, '-o', join(folder, 'never.sgnw'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/signwave model/);
  });

  test('a checkpoint that is cut short, and leaves an existing output as it was', async () => {
    const output = file('kept.sgnw', 'old content');
    const bytes = readFileSync(EXAMPLE_CHECKPOINT);
    const cut = file('cut.pth', bytes.subarray(0, bytes.length - 5000));
    const { code, stderr } = await signwave('convert', cut, '-o', output, '--omega0', '20');
    expect(code).toBe(1);
    expect(stderr).toContain('E_CHECKPOINT_STRUCTURE');
    expect(readFileSync(output, 'utf8')).toBe('old content');
  });

  test('a checkpoint that isn’t there', async () => {
    const { code, stderr } = await signwave('convert', join(folder, 'absent.pth'), '-o', join(folder, 'never.sgnw'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_IO.*no such file/);
  });

  test('an output folder that isn’t there', async () => {
    const { code, stderr } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', join(folder, 'no/such/folder/x.sgnw'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_IO.*no such file/);
  });
});

describe('usage errors end with exit code 2:', () => {
  const calls: readonly (readonly string[])[] = [
    ['convert'],
    ['convert', EXAMPLE_CHECKPOINT],
    ['convert', EXAMPLE_CHECKPOINT, '-o', 'x', '--omega0', 'twenty'],
    ['convert', EXAMPLE_CHECKPOINT, '-o', 'x', '--omega0', '-1'],
    ['convert', EXAMPLE_CHECKPOINT, '-o', 'x', '--arch', 'resnet1000'],
    ['convert', EXAMPLE_CHECKPOINT, '-o', 'x', '--preprocess', 'nothing'],
    ['run', model],
    ['run', model, '--npy', 'x.npy'],
    ['run', model, 'x.png', '--top', '0'],
    ['eval', model],
    ['bench', model, '--threads', '0'],
    ['no-such-command'],
  ];
  test.each(calls.map((args) => ({ line: args.map((arg) => arg.split('/').at(-1)).join(' '), args })))(
    '$line',
    async ({ args }) => {
      const { code, stdout, stderr } = await signwave(...args);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).not.toBe('');
    },
  );
});

test('an unknown architecture is named E_USAGE, with the known ones', async () => {
  const { stderr } = await signwave('convert', EXAMPLE_CHECKPOINT, '-o', 'x', '--arch', 'resnet1000');
  expect(stderr).toMatch(/E_USAGE.*known: biper \(resnet20_1w1a/);
});

test('bench --peers says how to install a peer that is missing (E_PEER)', async () => {
  const { code, stderr } = await signwaveIn(folder, 'bench', model, '--peers', '--rounds', '1');
  expect(code).toBe(1);
  expect(stderr).toMatch(/E_PEER.*npm install onnxruntime-web/);
});

describe('run and eval name what is wrong with their input:', () => {
  test('a model that is a zip archive', async () => {
    const { code, stderr } = await signwave('run', EXAMPLE_CHECKPOINT, join(EXAMPLE_IMAGES, 'cat/0000.png'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_FORMAT_KIND.*zip archive.*signwave convert/s);
  });

  test('an image that can’t be decoded', async () => {
    const { code, stderr } = await signwave('run', model, file('broken.png', 'not a PNG'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_IMAGE.*broken\.png/s);
  });

  test('an array of the wrong type', async () => {
    const npy = file('f8.npy', encodeNpy({ type: '<f8', shape: [1, 3, 32, 32], data: new Float64Array(3072) }));
    const { code, stderr } = await signwave('run', model, '--npy', npy, '--out', join(folder, 'o.npy'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_NPY.*<f8.*\|u1 or <f4/s);
  });

  test('an array of the wrong shape', async () => {
    const npy = file('shape.npy', encodeNpy({ type: '<f4', shape: [1, 32, 3, 32], data: new Float32Array(3072) }));
    const { code, stderr } = await signwave('run', model, '--npy', npy, '--out', join(folder, 'o.npy'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_NPY.*\(1, 32, 3, 32\).*\(N, 3, 32, 32\) or \(N, 32, 32, 3\)/s);
  });

  test('a folder without classes', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { code, stderr } = await signwave('eval', model, empty);
    expect(code).toBe(1);
    expect(stderr).toContain('E_DATA');
  });
});

describe('export refuses', () => {
  test('to export to nothing (E_USAGE)', async () => {
    const { code, stderr } = await signwave('export', model);
    expect(code).toBe(2);
    expect(stderr).toMatch(/E_USAGE.*--onnx FILE, --c FOLDER/);
  });

  test('a checkpoint as the model, and leaves no folder behind', async () => {
    const output = join(folder, 'never-c');
    const { code, stderr } = await signwave('export', EXAMPLE_CHECKPOINT, '--c', output);
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_FORMAT_KIND.*signwave convert/s);
    expect(readdirSync(folder)).not.toContain('never-c');
  });

  test('a folder that has files in it', async () => {
    const output = join(folder, 'full');
    mkdirSync(output);
    writeFileSync(join(output, 'mine.c'), 'kept');
    const { code, stderr } = await signwave('export', model, '--c', output);
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_IO.*full can't be written: it is a folder that isn't empty \(mine\.c\)/);
    expect(readdirSync(output)).toEqual(['mine.c']);
  });
});

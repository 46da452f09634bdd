import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXAMPLE_IMAGES, ROOT, signwave, signwaveIn, temporaryFolder } from './signwave.js';

interface Listed {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly hits: number;
}

const folder = temporaryFolder();
const models: readonly Listed[] = JSON.parse(readFileSync(join(ROOT, 'zoo/models.json'), 'utf8'));
const names = models.map(({ name }) => name);
const NAME = 'cifar10-resnet20';
const CAT = join(EXAMPLE_IMAGES, 'cat/0000.png');
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('zoo list', () => {
  test('shows each model with its accuracy and size', async () => {
    const { code, stdout } = await signwave('zoo', 'list');
    expect(code).toBe(0);
    for (const { name, bytes } of models) {
      expect(stdout).toMatch(new RegExp(`^${name} .* \\d+\\.\\d\\d %  +${bytes.toLocaleString('en-US')}$`, 'm'));
    }
  });

  test('--json prints what the repository’s list has', async () => {
    expect(JSON.parse((await signwave('zoo', 'list', '--json')).stdout)).toEqual(models);
  });
});

describe('zoo get', () => {
  test('copies a model out under its name, the same bytes', async () => {
    const { code, stdout } = await signwaveIn(folder, 'zoo', 'get', NAME);
    expect(code).toBe(0);
    const { sha256: wanted } = models.find(({ name }) => name === NAME)!;
    expect(stdout).toContain(wanted);
    expect(sha256(join(folder, `${NAME}.sgnw`))).toBe(wanted);
  });

  test('-o names another file', async () => {
    const path = join(folder, 'mine.sgnw');
    expect((await signwave('zoo', 'get', NAME, '-o', path)).code).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  test('refuses to overwrite the zoo’s own file', async () => {
    const path = join(ROOT, 'cli/dist/zoo/models', `${NAME}.sgnw`);
    expect(await signwave('zoo', 'get', NAME, '-o', path)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^E_USAGE/),
    });
  });

  test('of an unknown name lists the names, and writes nothing', async () => {
    const { code, stderr } = await signwaveIn(folder, 'zoo', 'get', 'resnet-9000');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^E_USAGE the zoo has no model "resnet-9000"/);
    for (const name of names) expect(stderr).toContain(name);
    expect(existsSync(join(folder, 'resnet-9000.sgnw'))).toBe(false);
  });
});

describe('zoo:NAME', () => {
  test('runs like a file', async () => {
    const { code, stdout } = await signwaveIn(folder, 'run', `zoo:${NAME}`, CAT, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)[0].predictions[0].label).toBe('cat');
  });

  test.each([
    ['run', CAT],
    ['eval', EXAMPLE_IMAGES],
    ['inspect'],
    ['verify'],
    ['bench'],
    ['export', '--c', 'out'],
    ['compare', `zoo:${NAME}`, '--images', EXAMPLE_IMAGES],
  ])('is taken by %s, which lists the names if there is none of this name', async (command, ...rest) => {
    const { code, stderr } = await signwaveIn(folder, command, 'zoo:resnet-9000', ...rest);
    expect(code).toBe(2);
    expect(stderr).toContain(`the zoo has no model "resnet-9000"; it has ${names.join(', ')}`);
  });

  test('is a file if a path leads to it', async () => {
    const path = join(folder, 'zoo:mine');
    writeFileSync(path, readFileSync(join(ROOT, `zoo/models/${NAME}.sgnw`)));
    expect((await signwaveIn(folder, 'inspect', './zoo:mine')).code).toBe(0);
  });
});

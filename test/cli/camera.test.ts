import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const CASES = join(ROOT, 'test/cases');

/** Writes a short sh script that is found before any other program of its name. */
function program(name: string, script: string): void {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

test.runIf(process.platform !== 'win32')(
  'docs/raspberry-pi.md’s lines for the camera run as they are written',
  async () => {
    const checkpoint = join(CASES, 'checkpoints/plain.pth');
    const converted = await signwave(
      ...['convert', checkpoint, '-o', join(folder, 'model.sgnw'), '--arch', join(CASES, 'tiny224.json')],
    );
    expect(converted).toMatchObject({ code: 0 });
    mkdirSync(join(folder, 'bin'));
    program('rpicam-still', `exec cat '${join(CASES, 'images/photo-64x48.png')}'`);
    program('signwave', `exec '${process.execPath}' '${join(ROOT, 'cli/dist/signwave.mjs')}' "$@"`);
    const lines = readFileSync(join(ROOT, 'docs/raspberry-pi.md'), 'utf8').match(/^rpicam-still .*$/gm) ?? [];
    expect(lines).toHaveLength(2);
    const env = { ...process.env, PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) };
    const outputs = lines.map((line) => execFileSync('sh', ['-c', line], { cwd: folder, env, encoding: 'utf8' }));
    for (const output of outputs) expect(output).toMatch(/class \d \d+\.\d %/);
    const classesOf = (output: string) => /class .*%/.exec(output)?.[0];
    expect(classesOf(outputs[1]!)).toBe(classesOf(outputs[0]!));
  },
);

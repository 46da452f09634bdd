import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphBuilder, type Tensor, writeModel } from '@signwave/format';
import { expect, test } from 'vitest';
import { PROGRAM, ROOT, signwave, temporaryFolder } from './signwave.js';

const folder = temporaryFolder();
const hostile = (name: string): string => join(ROOT, 'test/cases/hostile', `${name}.sgnw`);

/** A network of a few hundred bytes whose one layer computes 1.7e11 products. */
function writeHeavyModel(): string {
  const g = new GraphBuilder();
  const weights: Tensor = { dtype: 'bits', shape: [64, 9, 9, 64], data: new Uint8Array((64 * 81 * 64) / 8) };
  g.globalAvgPool(g.conv(g.sign(g.input({ height: 720, width: 720, channels: 64 })), weights, { pad: 4 }));
  const path = join(folder, 'heavy.sgnw');
  const info = { name: 'heavy', architecture: 'heavy', method: 'none', writer: 'test', accuracy: [] };
  writeFileSync(path, writeModel({ info, graph: g.build() }));
  return path;
}

test('inspect says how much memory a model takes', async () => {
  const { stdout } = await signwave('inspect', hostile('kernel-511-pads'));
  expect(stdout).toMatch(/takes [\d,]+ bytes of memory on one thread of this machine/);
  const { memoryBytes } = JSON.parse((await signwave('inspect', hostile('kernel-511-pads'), '--json')).stdout);
  expect(memoryBytes).toBeGreaterThan(1e6);
});

test.each(['verify', 'bench'])('%s says beforehand that the reference will compute for minutes', async (command) => {
  const child = spawn(process.execPath, [PROGRAM, command, writeHeavyModel()], { cwd: ROOT });
  let text = '';
  for await (const piece of child.stderr) {
    text += piece;
    if (text.includes('minutes')) break;
  }
  child.kill('SIGKILL');
  expect(text).toMatch(/the reference computes 171,992,678,400 products for each of \d+ inputs: about \d+ minutes/);
});

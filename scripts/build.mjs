// Builds what users run and what is published, from the sources:
//
//   wasm       runtime/build/      the kernels, by runtime/scripts/build-wasm.mjs, and the same as C, by build-c.mjs
//   cli        cli/dist/           `signwave.mjs`, which includes the workspace's packages, with chunks beside it that only some commands
//                                  load; `data-worker.mjs`, the thread that prepares training images; `life-thread.mjs`, which keeps the
//                                  runs of a queue; and the C++ files that `signwave setup tensorflow` compiles
//   format, data, reference, convert, runtime, lab, trainer
//              dist/ of each       a module and its types, as package.json's "exports" names them; for the runtime also the WebAssembly
//                                  as files, and in dist/slim the modules without it
//
// A package's "dependencies" and "peerDependencies" stay imports; its "devDependencies" are bundled, with their licences in a file beside the bundle.
//
//   node scripts/build.mjs [--only wasm,cli]
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build as esbuild } from 'esbuild';
import { withoutWasm } from './modules/without-wasm.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const CONDITION = 'signwave:source';
/** Names of the entry points without WebAssembly begin with this; each has the sources of the entry point named by the rest. */
const SLIM = './slim';
/** The modules of format that the runtime's entry points for pages need. */
const FORMAT_FOR_PAGES = ['builtin', 'json-text', 'round', 'sniff', 'value-name', 'visible'].map(
  (name) => `export * from '../../format/src/${name}.js';`,
);
/** Packages that the command line loads from the user's node_modules when it first needs them: native code, a peer to compare with, clients of servers. */
const CLI_EXTERNAL = ['sharp', 'onnxruntime-web', '@tensorflow/*', 'webgpu', '@aws-sdk/client-s3', '@nats-io/*'];
/** Has to lie beside the chunk that contains the trainer, where trainer/src/data/batch-stream.ts looks for it. */
const DATA_WORKER = 'trainer/src/data/data-worker.ts';
/** Has to lie beside the chunk that contains the queue, where lab/src/node/queue/life-signs.ts looks for it. */
const LIFE_THREAD = 'lab/src/node/queue/life-thread.ts';
/** Copied unchanged beside the chunk that contains the trainer; trainer/src/setup/addon.ts compiles it on the user's machine. */
const FUSED_OPS = ['fused-ops.cc', 'fused-functions.h'];
/** Copied beside the command line, whose `train --init` names it in the configs that it writes. */
const CONFIG_SCHEMA = 'trainer/config.schema.json';
const CLI_BANNER = [
  '#!/usr/bin/env node',
  // commander is CommonJS and requires Node's modules, so the bundle has to define require().
  "import { createRequire as makeRequire } from 'node:module';",
  'const require = makeRequire(import.meta.url);',
].join('\n');

/**
 * The fields of a package.json that this script reads.
 *
 * @typedef {{
 *   name: string, version: string, license: string,
 *   exports: Record<string, any>,
 *   dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, peerDependencies?: Record<string, string>,
 * }} Manifest
 */
/** @typedef {Pick<import('esbuild').BuildOptions, 'minify' | 'platform' | 'target' | 'plugins'>} LibraryOptions */

const LIBRARIES = ['format', 'data', 'reference', 'convert', 'runtime', 'lab', 'trainer'];

const PARTS = {
  wasm: buildWasm,
  cli: buildCli,
  format: () => buildLibrary('format'),
  data: () => buildLibrary('data'),
  reference: () => buildLibrary('reference'),
  convert: () => buildLibrary('convert'),
  runtime: buildRuntime,
  lab: buildLab,
  trainer: buildTrainer,
};

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(PARTS);
const unknown = wanted.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  console.error(`--only ${unknown.join(',')}: expected some of ${Object.keys(PARTS).join(',')}`);
  process.exit(2);
}
for (const [name, build] of Object.entries(PARTS)) if (wanted.includes(name)) await build();

/** Runs each script in a process of its own, because the compiler takes 100 MB. */
function buildWasm() {
  for (const script of ['build-wasm', 'build-c']) {
    const { status } = spawnSync(process.execPath, [`runtime/scripts/${script}.mjs`], { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  }
}

async function buildCli() {
  rmSync('cli/dist', { recursive: true, force: true });
  await bundle('cli', {
    entryPoints: { signwave: 'cli/src/main.ts', 'data-worker': DATA_WORKER, 'life-thread': LIFE_THREAD },
    outdir: 'cli/dist',
    outExtension: { '.js': '.mjs' },
    // So that a command loads charts or the trainer only if it needs them.
    splitting: true,
    platform: 'node',
    target: 'node20',
    external: CLI_EXTERNAL,
    banner: { js: CLI_BANNER },
  });
  chmodSync('cli/dist/signwave.mjs', 0o755);
  for (const name of FUSED_OPS) copyFileSync(`trainer/src/setup/${name}`, `cli/dist/${name}`);
  copyFileSync(CONFIG_SCHEMA, 'cli/dist/config.schema.json');
  mkdirSync('cli/dist/zoo');
  copyFileSync('zoo/models.json', 'cli/dist/zoo/models.json');
  cpSync('zoo/models', 'cli/dist/zoo/models', { recursive: true });
}

async function buildLab() {
  await buildLibrary('lab');
  await bundleThread('lab', LIFE_THREAD, 'life-thread.mjs');
}

async function buildTrainer() {
  await buildLibrary('trainer', { platform: 'node', target: 'node20' });
  await bundleThread('trainer', DATA_WORKER, 'data-worker.mjs');
  for (const name of FUSED_OPS) copyFileSync(`trainer/src/setup/${name}`, `trainer/dist/${name}`);
}

/**
 * Bundles a thread's program, which a package starts from beside its modules.
 *
 * @param {string} folder
 * @param {string} source
 * @param {string} name
 */
async function bundleThread(folder, source, name) {
  const external = externalsOf(readManifest(folder));
  await bundle(folder, {
    entryPoints: [source],
    outfile: `${folder}/dist/${name}`,
    platform: 'node',
    target: 'node20',
    external,
  });
}

async function buildRuntime() {
  await buildLibrary('runtime', { minify: true });
  const { exports } = readManifest('runtime');
  for (const [name, { default: module }] of Object.entries(exports).filter(([name]) => name.startsWith(SLIM))) {
    const { [CONDITION]: source } = exports[`.${name.slice(SLIM.length)}`];
    await bundleModule('runtime', source, module, { minify: true, plugins: [withoutWasm] });
  }
  mkdirSync('runtime/dist/wasm');
  for (const file of Object.values(exports).filter((it) => typeof it === 'string')) {
    copyFileSync(file.replace('./dist/wasm', 'runtime/build'), `runtime/${file.slice(2)}`);
    report(`runtime/${file.slice(2)}`, statSync(`runtime/${file}`).size);
  }
}

/**
 * @param {string} folder
 * @param {LibraryOptions} [options]
 */
async function buildLibrary(folder, options = {}) {
  rmSync(`${folder}/dist`, { recursive: true, force: true });
  const { exports } = readManifest(folder);
  for (const { [CONDITION]: source, types, default: module } of Object.values(exports)) {
    if (source === undefined || module === undefined) continue;
    await bundleModule(folder, source, module, options);
    await bundleTypes(folder, source, types);
  }
}

/**
 * Bundles one entry point of a package. Paths are those of its manifest.
 *
 * @param {string} folder
 * @param {string} source
 * @param {string} module
 * @param {LibraryOptions} [options]
 */
async function bundleModule(
  folder,
  source,
  module,
  { minify = false, platform = 'neutral', target = 'es2022', plugins = [] } = {},
) {
  await bundle(folder, {
    entryPoints: [`${folder}/${source.slice(2)}`],
    outfile: `${folder}/${module.slice(2)}`,
    platform,
    target,
    external: [...externalsOf(readManifest(folder)), 'node:*'],
    minify,
    sourcemap: minify && 'linked',
    plugins: [importMain(mainOf(folder), source.startsWith('./src/web/')), ...plugins],
  });
}

/**
 * Makes a package's other entry points import the main one, which lies beside them, so that a page that uses two of them loads the code
 * and its classes only once.
 *
 * @param {string} main
 * @param {boolean} isForPages whether the entry point is for pages and needs little of format: some small functions, and the main entry
 *   point's class of errors
 * @returns {import('esbuild').Plugin}
 */
function importMain(main, isForPages) {
  const external = { path: './index.js', external: true };
  return {
    name: 'import-main',
    setup: (build) => {
      build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
        kind !== 'entry-point' && isMain(path, resolveDir, main) ? external : undefined,
      );
      if (!isForPages) return;
      build.onResolve({ filter: /^@signwave\/format$/ }, () => ({ path: 'format', namespace: 'for-pages' }));
      build.onLoad({ filter: /.*/, namespace: 'for-pages' }, () => ({
        contents: ["export { SignwaveError } from './index.js';", ...FORMAT_FOR_PAGES].join('\n'),
        resolveDir: dirname(main),
      }));
    },
  };
}

/**
 * Finds the source of a package's main entry point.
 *
 * @param {string} folder
 */
function mainOf(folder) {
  return resolve(folder, readManifest(folder).exports['.'][CONDITION]);
}

/**
 * @param {string} specifier
 * @param {string} folder
 * @param {string} main
 */
function isMain(specifier, folder, main) {
  return resolve(folder, specifier.replace(/\.js$/, '.ts')) === main;
}

/** @param {Manifest} manifest */
function externalsOf({ dependencies, optionalDependencies, peerDependencies }) {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

/**
 * @param {string} folder
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(folder, options) {
  const { metafile } = await esbuild({
    bundle: true,
    format: 'esm',
    conditions: [CONDITION, 'module'],
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
    metafile: true,
  });
  const inputs = new Set();
  for (const [path, output] of Object.entries(metafile.outputs)) {
    report(path, output.bytes);
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) if (bytesInOutput > 0) inputs.add(input);
  }
  copyFileSync('LICENSE', `${folder}/dist/LICENSE`);
  writeLicences(folder, [...inputs]);
}

/**
 * Writes one declaration file for all that `source` exports, including declarations of bundled packages.
 *
 * @param {string} folder
 * @param {string} source
 * @param {string} types
 */
async function bundleTypes(folder, source, types) {
  const [entry, path] = [`${folder}/${source.slice(2)}`, `${folder}/${types.slice(2)}`];
  const external = externalsOf(readManifest(folder));
  const [{ rollup }, { dts }] = await Promise.all([import('rollup'), import('rollup-plugin-dts')]);
  const bundled = await rollup({
    input: entry,
    external: (id) => external.includes(id),
    plugins: [
      mainTypes(entry, mainOf(folder)),
      dts({ respectExternal: true, tsconfig: 'tsconfig.json', compilerOptions: { paths: sourcesByImport() } }),
    ],
    treeshake: { moduleSideEffects: false },
  });
  const { output } = await bundled.generate({ format: 'es' });
  await bundled.close();
  // A compiler that is set to an older library doesn't know `Symbol.dispose` without this reference.
  const reference = output[0].code.includes('Symbol.dispose') ? '/// <reference lib="esnext.disposable" />\n' : '';
  const text = reference + output[0].code;
  writeFileSync(path, text);
  report(path, Buffer.byteLength(text));
}

/**
 * The sources of the workspace's packages, by what imports them. Without these the compiler finds them by the links in node_modules and takes them
 * for foreign code, of which the plugin compiles each file with all that it imports anew: 40 times the runtime's, in 4 GB.
 *
 * @returns {Record<string, string[]>}
 */
function sourcesByImport() {
  return Object.fromEntries(
    LIBRARIES.map((folder) => ({ folder, ...readManifest(folder) })).flatMap(({ folder, name, exports }) =>
      Object.entries(exports)
        .filter(([, targets]) => targets[CONDITION])
        .map(([path, targets]) => [name + path.slice(1), [resolve(folder, targets[CONDITION])]]),
    ),
  );
}

/**
 * Does for declarations what {@link importMain} does for modules.
 *
 * @param {string} entry
 * @param {string} main
 * @returns {import('rollup').Plugin}
 */
function mainTypes(entry, main) {
  return {
    name: 'main-types',
    resolveId: (id, importer) =>
      importer && resolve(entry) !== main && id.startsWith('.') && isMain(id, dirname(importer), main)
        ? { id: './index.js', external: true }
        : null,
  };
}

/**
 * Writes the licences of the registry packages that a bundle contains into a file beside it.
 *
 * @param {string} folder
 * @param {string[]} inputs
 */
function writeLicences(folder, inputs) {
  const packages = new Set(inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  if (packages.size === 0) return;
  const texts = [...packages].sort().map((path) => {
    const { name, version, license } = readManifest(path);
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${path} has no licence file, and its code would be in ${folder}/dist`);
    return `${name} ${version} (${license})\n\n${readFileSync(`${path}/${file}`, 'utf8').trim()}\n`;
  });
  const path = `${folder}/dist/licences.txt`;
  writeFileSync(path, `Parts of this package come from:\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`);
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function readManifest(folder) {
  const path = `${folder}/package.json`;
  if (!existsSync(path)) throw new Error(`${path} is missing: run node scripts/setup.mjs`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * @param {string} path
 * @param {number} bytes
 */
function report(path, bytes) {
  console.error(`${path}: ${bytes.toLocaleString('en-US')} bytes`);
}

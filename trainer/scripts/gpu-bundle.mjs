// Makes the bundle of trainer/scripts/gpu-check.sh: a folder with Node, Dawn (WebGPU for Node), Vulkan's loader, the trainer, images of CIFAR-10,
// and what a training step on the CPU computes. On Debian or Ubuntu, x86-64.
//
//   node trainer/scripts/gpu-bundle.mjs FOLDER CIFAR10_FOLDER [--train-images 20000] [--test-images 2000] [--level 6]
//
// CIFAR10_FOLDER has the binary version. --level is xz's: 0 for a quick bundle, 9 for a small one. It fails if the bundle is above 60 MiB.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { importSource } from '../../scripts/modules/import-source.mjs';

const RECORD_BYTES = 1 + 3 * 32 * 32;
const DEBIAN_PACKAGES = ['libvulkan1', 'xz-utils', 'liblzma5'];
const DEBIAN_LIBRARIES = 'usr/lib/x86_64-linux-gnu';
/** Packages that the program never loads from a bundle. */
const EXTERNAL = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-backend-wasm', 'sharp', 'webgpu'];
const APACHE = 'Apache-2.0 (TensorFlow.js), MIT (signwave and others): licences/program.txt';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'train-images': { type: 'string', default: '20000' },
    'test-images': { type: 'string', default: '2000' },
    level: { type: 'string', default: '6' },
  },
});
const [folder, cifar10] = positionals.map((path) => resolve(path));
if (!folder || !cifar10) {
  console.error('usage: node trainer/scripts/gpu-bundle.mjs FOLDER CIFAR10_FOLDER');
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** @type {typeof import('../bench/gpu-check/bundling.ts')} */
const { blankLocaleData, FILES, MANIFEST, sha256, toResiduals, unpack, verifySize } = await importSource(
  'trainer/bench/gpu-check/bundling.ts',
);
const counts = { trainImages: Number(values['train-images']), testImages: Number(values['test-images']) };
/** @type {import('../bench/gpu-check/bundle-layout.ts').Manifest['files']} */
const files = [];
const work = mkdtempSync(join(tmpdir(), 'signwave-gpu-bundle-'));
try {
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['bin', 'lib', 'licences']) mkdirSync(join(folder, part), { recursive: true });
  addDebianPackages();
  addNode();
  addDawn();
  await addProgram();
  addImages();
  addReference();
  finish();
} finally {
  rmSync(work, { recursive: true });
}

/** Vulkan's loader, and xz to unpack the rest with. */
function addDebianPackages() {
  // Debian's own user for downloads can't write into a temporary folder of ours.
  const options = ['-qq', '-o', 'APT::Sandbox::User=root'];
  const { status } = spawnSync('apt-get', ['download', ...options, ...DEBIAN_PACKAGES], {
    cwd: work,
    stdio: 'inherit',
  });
  if (status !== 0) fail(`apt-get can't download ${DEBIAN_PACKAGES.join(', ')}: run apt-get update first`);
  const root = join(work, 'debian');
  for (const name of DEBIAN_PACKAGES) {
    const archive = execFileSync('sh', ['-c', `ls ${name}_*.deb`], { cwd: work, encoding: 'utf8' }).trim();
    execFileSync('dpkg-deb', ['-x', join(work, archive), root]);
    copyFileSync(join(root, 'usr/share/doc', name, 'copyright'), join(folder, `licences/${name}.txt`));
    const [path, source] = /** @type {Record<string, [string, string]>} */ ({
      libvulkan1: ['lib/libvulkan.so.1', `${DEBIAN_LIBRARIES}/libvulkan.so.1`],
      'xz-utils': [FILES.xz, 'usr/bin/xz'],
      liblzma5: ['lib/liblzma.so.5', `lib/x86_64-linux-gnu/liblzma.so.5`],
    })[name];
    const found = [source, `usr/${source}`].map((it) => join(root, it)).find((it) => existsSync(it));
    if (found === undefined) fail(`${archive} has no ${source}`);
    copyFileSync(realpathSync(/** @type {string} */ (found)), join(folder, path));
    chmodSync(join(folder, path), 0o755);
    add(path, `Debian's ${archive.replace(/\.deb$/, '')}`, `licences/${name}.txt`);
  }
}

/** The Node that runs this, without debug symbols and without what it knows of languages. */
function addNode() {
  const binary = readFileSync(stripped(realpathSync(process.execPath)));
  const blanked = blankLocaleData(binary);
  const path = join(work, 'node');
  writeFileSync(path, binary, { mode: 0o755 });
  pack(path, FILES.node, ['--x86', `--lzma2=preset=${values.level}`]);
  const near = join(dirname(realpathSync(process.execPath)), '..');
  const licence = ['LICENSE', 'share/doc/nodejs/LICENSE', 'share/doc/nodejs/copyright'].find((it) =>
    existsSync(join(near, it)),
  );
  if (licence) copyFileSync(join(near, licence), join(folder, 'licences/node.txt'));
  add(
    FILES.node,
    `Node.js ${process.versions.node}${blanked > 0 ? ', locale data blanked' : ''}`,
    licence ? 'licences/node.txt' : 'MIT and others, as node --help and nodejs.org say',
  );
}

function addDawn() {
  const path = 'node_modules/webgpu/dist/linux-x64/dawn.node';
  pack(stripped(path), FILES.dawn, ['--x86', `--lzma2=preset=${values.level}`]);
  copyFileSync('node_modules/webgpu/LICENSE.md', join(folder, 'licences/dawn.txt'));
  const { version } = JSON.parse(readFileSync('node_modules/webgpu/package.json', 'utf8'));
  add(FILES.dawn, `dawn.node of the package webgpu ${version}`, 'licences/dawn.txt');
}

/** The check with the trainer and TensorFlow.js inside, and the thread that prepares images. */
async function addProgram() {
  const { metafile } = await build({
    entryPoints: {
      check: 'trainer/bench/gpu-check/check.ts',
      'data-worker': 'trainer/src/data/data-worker.ts',
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['signwave:source', 'module'],
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    // Names stay: profiles name kernels by their classes.
    minifyWhitespace: true,
    // An error shows its line.
    lineLimit: 160,
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const licences = [...packages].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    return `${name} ${version}: ${license}\n`;
  });
  writeFileSync(join(folder, 'licences/program.txt'), `signwave: MIT\n${licences.join('')}`);
  for (const path of [FILES.program, FILES.dataWorker]) add(path, 'this repository and TensorFlow.js', APACHE);
  copyFileSync('trainer/scripts/gpu-check.sh', join(folder, 'gpu-check.sh'));
  add('gpu-check.sh', 'this repository', 'MIT');
}

/** The first images of both parts of CIFAR-10. */
function addImages() {
  const records = [...take('data_batch_', counts.trainImages), ...take('test_batch', counts.testImages)];
  const images = new Uint8Array(Buffer.concat(records.map((it) => it.subarray(1))));
  const path = join(work, 'images');
  writeFileSync(path, toResiduals(images));
  // Nothing in them comes twice, so looking far for matches takes long and gains nothing. What counts is the byte before, not the address.
  pack(path, FILES.images, ['--lzma2=preset=0,mode=normal,mf=hc3,nice=16,dict=64KiB,lc=4,pb=0']);
  writeFileSync(
    join(folder, FILES.labels),
    Uint8Array.from(records, (it) => it[0]),
  );
  for (const part of [FILES.images, FILES.labels]) {
    add(part, 'CIFAR-10 (A. Krizhevsky, 2009)', 'none stated: for your own use, not to be passed on');
  }
}

/**
 * @param {string} stem of one file, or of files with numbers from 1 on
 * @param {number} count
 * @returns {Buffer[]} records
 */
function take(stem, count) {
  const found = [];
  for (let i = 1; found.length < count; i++) {
    const path = join(cifar10, `${stem}${stem.endsWith('_') ? i : ''}.bin`);
    if (!existsSync(path) || (i > 1 && !stem.endsWith('_'))) {
      fail(
        `${cifar10} has ${found.length} images in ${stem}*.bin, expected ${count}: give the binary version of CIFAR-10`,
      );
    }
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length && found.length < count; at += RECORD_BYTES) {
      found.push(bytes.subarray(at, at + RECORD_BYTES));
    }
  }
  return found;
}

/** Runs the first step by the program of the bundle, on the images as they are unpacked. */
function addReference() {
  /** @type {import('../bench/gpu-check/bundle-layout.ts').Manifest} */
  const manifest = { schema: 1, commit: '', ...counts, files: [] };
  unpack(folder, work, manifest);
  const task = join(work, 'task.json');
  writeFileSync(task, JSON.stringify({ stage: 'reference', work, out: folder }));
  // By the bundle's Node, so that one that lacks something is found here.
  execFileSync(join(work, 'node'), [join(folder, FILES.program), '--stage', task, join(work, 'result.json')], {
    stdio: 'inherit',
  });
  for (const path of [FILES.loss, FILES.gradients]) add(path, "the trainer's back end cpu", 'MIT');
}

function finish() {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const manifest = { schema: 1, commit, ...counts, files };
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const { path, bytes } of files) console.log(`${bytes.toLocaleString('en-US').padStart(12)}  ${path}`);
  try {
    console.log(`${verifySize(files).toLocaleString('en-US').padStart(12)}  in all`);
  } catch (error) {
    fail(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} path in the bundle
 * @param {string} from
 * @param {string} licence
 */
function add(path, from, licence) {
  const bytes = readFileSync(join(folder, path));
  files.push({ path, bytes: bytes.length, sha256: sha256(bytes), from, licence });
}

/**
 * @param {string} path
 * @param {string} packed in the bundle
 * @param {string[]} options
 */
function pack(path, packed, options) {
  const bytes = execFileSync('xz', ['-c', '-T2', '--check=sha256', ...options, path], { maxBuffer: 2 ** 29 });
  writeFileSync(join(folder, packed), bytes);
}

/**
 * A copy of a program without debug symbols; as it is if there is no `strip` here.
 *
 * @param {string} path
 */
function stripped(path) {
  const copy = join(work, 'stripped');
  const { status } = spawnSync('strip', ['-o', copy, path]);
  if (status !== 0) console.error(`${path} keeps its debug symbols: no strip here (package binutils)`);
  return status === 0 ? copy : path;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  rmSync(work, { recursive: true, force: true });
  process.exit(1);
}

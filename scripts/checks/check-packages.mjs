// Checks each package as npm would publish it: do the files exist that package.json names (publint), do its types fit its modules (attw),
// does the runtime work in an otherwise empty folder, and are the source that `setup tensorflow` compiles and the zoo in the right place?
// Needs `npm run build`.
//
//   node scripts/checks/check-packages.mjs
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const LIBRARIES = ['format', 'data', 'reference', 'convert', 'runtime', 'lab'];
const shell = process.platform === 'win32';

/** A program that a user who has only the browser's types might write. Its arguments are the addresses of a model and of simd.wasm. */
const PROGRAM = `
import { load, type Prediction } from '@signwave/runtime';
import { load as loadSlim } from '@signwave/runtime/slim';

declare const process: { readonly argv: readonly string[] };
const [file, simd] = process.argv.slice(2) as [string, string];
for (const model of [await load(file), await loadSlim(file, { wasm: { simd } })]) {
  const { height, width, channels } = model.input;
  const ranked: Prediction[] = model.rank(model.run(new Float32Array(height * width * channels)));
  console.log(ranked[0]!.label, model.info().kernels);
}
await loadSlim(file).then(
  () => { throw new Error('there is WebAssembly in slim'); },
  ({ code }) => { if (code !== 'E_ENGINE') throw new Error(code); },
);
`;
const TSCONFIG = {
  compilerOptions: { strict: true, target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'], types: [] },
  files: ['alone.ts'],
};

for (const folder of [...LIBRARIES, 'cli']) await lint(folder);
for (const folder of LIBRARIES) checkTypes(folder);
runAlone();
const OF_TRAINER = ['fused-ops.cc', 'fused-functions.h', 'data-worker.mjs'];
const OF_LAB = ['life-thread.mjs'];
checkNeighbours('cli', [...OF_TRAINER, ...OF_LAB]);
checkNeighbours('trainer', OF_TRAINER);
checkNeighbours('lab', OF_LAB);
checkZoo();

/** @param {string} folder */
async function lint(folder) {
  const { messages } = await publint({ pkgDir: folder, strict: true });
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  for (const message of messages) console.error(`${folder}: ${formatMessage(message, manifest)}`);
  note(folder, 'publint', messages.length === 0);
}

/** @param {string} folder */
function checkTypes(folder) {
  const args = ['attw', '--pack', folder, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'];
  // Files that aren't modules have no types, nor have entry points that only the workspace's own sources may import.
  const { exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const files = Object.keys(exports).filter((name) => exports[name].types === undefined);
  if (files.length > 0) args.push('--exclude-entrypoints', ...files);
  const { status, stdout, stderr } = spawnSync('npx', args, { encoding: 'utf8', shell });
  if (status !== 0) console.error(stdout + stderr);
  note(folder, 'attw', status === 0);
}

/** Checks that the packed runtime compiles and runs when it is unpacked where no other package can be found. */
function runAlone() {
  const folder = mkdtempSync(join(tmpdir(), 'signwave-package-'));
  try {
    const packed = execFileSync('npm', ['pack', './runtime', '--pack-destination', folder, '--json'], {
      encoding: 'utf8',
      shell,
    });
    execFileSync('tar', ['-xf', JSON.parse(packed)[0].filename], { cwd: folder });
    const installed = join(folder, 'node_modules/@signwave/runtime');
    mkdirSync(dirname(installed), { recursive: true });
    renameSync(join(folder, 'package'), installed);
    const files = { 'alone.ts': PROGRAM, 'package.json': { type: 'module' }, 'tsconfig.json': TSCONFIG };
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    const compiled = spawnSync('npx', ['tsc', '--project', folder], { encoding: 'utf8', shell });
    if (compiled.status !== 0) console.error(compiled.stdout);
    note('runtime', 'compiles alone', compiled.status === 0);

    /** @param {string} path */
    const addressOf = (path) => `data:application/octet-stream;base64,${readFileSync(path, 'base64')}`;
    const addresses = ['format/test/golden/v1.0.sgnw', join(installed, 'dist/wasm/simd.wasm')].map(addressOf);
    const ran = spawnSync(process.execPath, ['alone.js', ...addresses], { cwd: folder, encoding: 'utf8' });
    if (ran.status !== 0) console.error(ran.stderr);
    note('runtime', 'runs alone', ran.status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Checks that what a bundle looks for beside itself lies there: C++ for trainer/src/setup/addon.ts, and the programs of threads for
 * trainer/src/data/batch-stream.ts and lab/src/node/queue/life-signs.ts, which do without where they aren't found.
 *
 * @param {string} folder
 * @param {readonly string[]} names
 */
function checkNeighbours(folder, names) {
  const { files } = packOf(folder);
  for (const name of names) {
    note(
      folder,
      `has ${name}`,
      files.some(({ path }) => path === `dist/${name}`),
    );
  }
}

/** Checks that the command line brings the list of the zoo and every model in it, where cli/src/zoo.ts looks for them. */
function checkZoo() {
  const { files, size } = packOf('cli');
  const models = /** @type {{ file: string, bytes: number }[]} */ (JSON.parse(readFileSync('zoo/models.json', 'utf8')));
  const isThere = ['models.json', ...models.map(({ file }) => file)].every((name) =>
    files.some(({ path }) => path === `dist/zoo/${name}`),
  );
  const bytes = models.reduce((sum, model) => sum + model.bytes, 0).toLocaleString('en-US');
  note(
    'cli',
    `has the zoo: ${models.length} models, ${bytes} bytes; the package has ${size.toLocaleString('en-US')}`,
    isThere,
  );
}

/**
 * What npm would publish of a folder: files, and the size of the archive in bytes.
 *
 * @param {string} folder
 * @returns {{ files: { path: string }[], size: number }}
 */
function packOf(folder) {
  const text = execFileSync('npm', ['pack', `./${folder}`, '--dry-run', '--json'], { encoding: 'utf8', shell });
  return JSON.parse(text)[0];
}

/**
 * @param {string} folder
 * @param {string} check
 * @param {boolean} isOk
 */
function note(folder, check, isOk) {
  console.log(`${isOk ? 'ok    ' : 'FAILED'} ${folder.padEnd(10)} ${check}`);
  if (!isOk) process.exitCode = 1;
}

// Runs the examples of examples/scale on their engines, as their READMEs say, and compares what comes out with the answers of one process. Needs
// the Debian packages that .ci/run installs for it, and Python; the engines that are Python packages are installed below build/.
//
//   node scripts/checks/check-scale.mjs [ENGINE...]
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINES, shellIn } from './scale/engines.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const LINES = 1000;
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in ENGINES));
if (unknown) {
  console.error(`there is no engine ${unknown}; there are ${Object.keys(ENGINES).join(', ')}`);
  process.exit(2);
}

const python = pythonEngines();
const work = mkdtempSync(join(tmpdir(), 'signwave-scale-'));
try {
  const path = `${commandFolder()}:${python}:${process.env.PATH}`;
  const expected = answersOfOne(path);
  for (const name of chosen.length > 0 ? chosen : Object.keys(ENGINES)) {
    const folder = join(work, name);
    cpSync(`examples/scale/${name}`, folder, { recursive: true });
    for (const file of ['model.sgnw', 'list.txt', 'list.jsonl']) cpSync(join(work, file), join(folder, file));
    const start = performance.now();
    const answers = await ENGINES[name]?.({ folder, shell: shellIn(folder, { PATH: path }) });
    if (answers !== expected) throw new Error(`${name}: the answers differ from those of one process; see ${folder}`);
    console.log(
      `${name}: ${LINES} answers, equal to those of one process (${((performance.now() - start) / 1000).toFixed(0)} s)`,
    );
  }
  rmSync(work, { recursive: true });
} catch (error) {
  const { message, stdout = '', stderr = '' } = /** @type {Error & { stdout?: string, stderr?: string }} */ (error);
  console.error(`${stdout.slice(-4000)}${stderr.slice(-8000)}\n${message}\nthe files are left in ${work}`);
  process.exitCode = 1;
}

/** Installs the engines that are Python packages. @returns {string} the folder of their programs. */
function pythonEngines() {
  const folder = resolve('build/scale');
  const wanted = readFileSync('examples/scale/requirements.txt', 'utf8');
  const installed = join(folder, 'installed.txt');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== wanted) {
    rmSync(folder, { recursive: true, force: true });
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', '--requirement', 'examples/scale/requirements.txt'], {
      stdio: 'inherit',
    });
    writeFileSync(installed, wanted);
  }
  return join(folder, 'bin');
}

/** A folder with `signwave`, the program of this tree. @returns {string} */
function commandFolder() {
  const folder = join(work, 'bin');
  mkdirSync(folder);
  writeFileSync(join(folder, 'signwave'), `#!/bin/sh\nexec node '${resolve('cli/bin/signwave.mjs')}' "$@"\n`);
  chmodSync(join(folder, 'signwave'), 0o755);
  return folder;
}

/** Makes a model and lists of the example's images, again and again. @param {string} path of programs @returns {string} what one process answers. */
function answersOfOne(path) {
  const shell = shellIn(work, { PATH: path });
  shell(`signwave convert ${resolve('examples/biper-resnet20-cifar10.pth')} -o model.sgnw`);
  const root = resolve('examples/images');
  const images = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.png'))
    .sort();
  const list = Array.from({ length: LINES }, (_, n) => join(root, /** @type {string} */ (images[n % images.length])));
  writeFileSync(join(work, 'list.txt'), list.map((it) => `${it}\n`).join(''));
  writeFileSync(join(work, 'list.jsonl'), list.map((it, n) => `${JSON.stringify({ id: n + 1, path: it })}\n`).join(''));
  shell('signwave run model.sgnw --manifest list.txt --out one --shard 1/1 && signwave merge one -o one.jsonl');
  return readFileSync(join(work, 'one.jsonl'), 'utf8');
}

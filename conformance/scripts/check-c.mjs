// Checks `signwave export --c`: each compiler builds every case of conformance/src/c/cases.ts for each CPU, and the outputs must equal
// WebAssembly's bit for bit. The same is checked of images that the C resizes, of the example program's classes, and of each vector
// operation separately. Then the time of one run is printed beside that of WebAssembly in this Node, for information only. ARM CPUs are
// emulated by QEMU. Takes two to three minutes.
//
//   node conformance/scripts/check-c.mjs [--only TEXT]      checks only targets with this text in their name
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms } from './build.mjs';
import { differingOperations, untestedCalls, writeOperations } from './c-operations.mjs';
import { C_DEBIAN_PACKAGES, C_TARGETS } from './c-targets.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** @typedef {import('../src/entries/c-cases.ts').Written} Case */
/** @typedef {import('./c-targets.mjs').Target} Target */
/** @typedef {Case['images'][number]} Size */

const OUTPUT = 'build/conformance/c';
const OPERATIONS = `${OUTPUT}/operations`;
const ROUNDS = 15;
const RUNS_IN_ROUND = 200;

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const targets = C_TARGETS.filter(({ name }) => name.includes(values.only));
if (targets.length === 0) throw new Error(`--only ${values.only}: no target has this in its name`);
for (const script of ['build-wasm', 'build-c']) run([process.execPath, `runtime/scripts/${script}.mjs`]);
await buildPrograms();
rmSync(OUTPUT, { recursive: true, force: true });
mkdirSync(OUTPUT, { recursive: true });
run([process.execPath, 'build/conformance/c-cases.mjs', OUTPUT]);
/** @type {Case[]} */
const cases = JSON.parse(readFileSync(`${OUTPUT}/cases.json`, 'utf8'));

await writeOperations(OPERATIONS);
const untested = untestedCalls(OPERATIONS, readFileSync(`${OUTPUT}/resnet20/c/kernels.c`, 'utf8'));
if (untested.length > 0) throw new Error(`c-operations.mjs lacks ${untested.join(', ')}`);

let failures = 0;
for (const target of targets) {
  const startMs = performance.now();
  /** @type {string | undefined} */
  let kernels;
  const differing = cases.filter((given) => {
    const folder = buildCase(given, target, kernels);
    kernels ??= `${folder}/kernels.o`;
    return !check(given, folder, target);
  });
  const wrong = [...checkOperations(target), ...differing.map(({ name }) => name)];
  failures += wrong.length;
  const found = wrong.length === 0 ? 'equal' : `DIFFER: ${wrong.join(', ')}`;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  console.log(`${target.name}: operations and ${cases.length} models, ${found} (${seconds} s)`);
}
checkRefusals();
if (targets.includes(C_TARGETS[0])) await printTimes();
console.log(failures === 0 ? 'C: all equal' : `C: ${failures} FAILED`);
process.exitCode = failures === 0 ? 0 : 1;

/**
 * Builds a case with its own Makefile, and the program that runs it. All cases have the same kernels: these are compiled once per target.
 *
 * @param {Case} given
 * @param {Target} target
 * @param {string | undefined} kernels
 */
function buildCase({ name }, target, kernels) {
  const folder = `${OUTPUT}/${name}/${target.id}`;
  cpSync(`${OUTPUT}/${name}/c`, folder, { recursive: true });
  if (kernels) copyFileSync(kernels, `${folder}/kernels.o`);
  make(folder, target);
  const words = [...target.cc.split(' '), '-O2'];
  run([
    ...words,
    `-I${folder}`,
    'conformance/c/outputs.c',
    `${folder}/libsignwave.a`,
    '-o',
    `${folder}/outputs`,
    '-static',
    '-lm',
  ]);
  return folder;
}

/**
 * @param {Target} target
 * @returns {string[]} the operations whose results differ from WebAssembly's.
 */
function checkOperations(target) {
  const folder = `${OPERATIONS}/${target.id}`;
  cpSync(`${OPERATIONS}/c`, folder, { recursive: true });
  make(folder, target);
  const found = run([...(target.emulator ?? []), `${folder}/classify`], readFileSync(`${OPERATIONS}/inputs`));
  return differingOperations(found, readFileSync(`${OPERATIONS}/expected`));
}

/**
 * @param {string} folder
 * @param {Target} target
 */
function make(folder, { cc, cflags }) {
  run(['make', '--silent', '-C', folder, `CC=${cc}`, ...(cflags ? [`CFLAGS=${cflags}`] : []), 'LDFLAGS=-static']);
}

/**
 * Checks whether the outputs, the images and the example program's classes are right.
 *
 * @param {Case} given
 * @param {string} folder
 * @param {Target} target
 */
function check({ name, kind, images }, folder, { emulator = [] }) {
  const given = `${OUTPUT}/${name}`;
  const found = run([...emulator, `${folder}/outputs`, kind], readFileSync(`${given}/inputs`));
  const areOutputsEqual = areFloatsEqual(found, readFileSync(`${given}/expected`));
  const areImagesEqual = images.every(({ width, height, channels }, index) => {
    const command = [...emulator, `${folder}/outputs`, 'prepare', width, height, channels].map(String);
    return run(command, readFileSync(`${given}/image-${index}`)).equals(readFileSync(`${given}/prepared-${index}`));
  });
  return (
    areOutputsEqual && areImagesEqual && (name !== 'resnet20' || classifiesRight(given, folder, emulator, images[0]))
  );
}

/**
 * Compares floats bit for bit, but takes one NaN for another: CPUs give them signs of their own.
 *
 * @param {Buffer} found
 * @param {Buffer} expected
 */
function areFloatsEqual(found, expected) {
  if (found.length !== expected.length) return false;
  for (let at = 0; at < expected.length; at += 4) {
    if (!Object.is(found.readFloatLE(at), expected.readFloatLE(at))) return false;
  }
  return true;
}

/**
 * Checks whether the example program's first class is that of the largest expected output.
 *
 * @param {string} given
 * @param {string} folder
 * @param {readonly string[]} emulator
 * @param {Size} image
 */
function classifiesRight(given, folder, emulator, { width, height }) {
  const path = `${given}/image.ppm`;
  const header = Buffer.from(`P6\n# a comment\n#\n${width} # another\n${height}\n255\n`);
  writeFileSync(path, Buffer.concat([header, readFileSync(`${given}/image-0`)]));
  const expected = readFileSync(`${given}/expected`);
  const logits = Array.from({ length: 10 }, (_, i) => expected.readFloatLE(i * 4));
  const label = readFileSync('examples/labels.txt', 'utf8').trim().split('\n')[logits.indexOf(Math.max(...logits))];
  const [file, first] = run([...emulator, `${folder}/classify`, path])
    .toString()
    .split('\n');
  return file === path && first.endsWith(`%  ${label}`);
}

/** Checks the example program's messages for files that it can't classify. */
function checkRefusals() {
  const program = `${OUTPUT}/resnet20/${targets[0].id}/classify`;
  const { emulator = [] } = targets[0];
  /** @type {Record<string, [string | undefined, RegExp]>} */
  const wrong = {
    'missing.ppm': [undefined, /No such file/],
    'png.ppm': ['\x89PNG\r\n', /no binary PPM/],
    'cut.ppm': ['P6 32 32 255\nabc', /cut short/],
    'large.ppm': ['P6 4294967297 1 255\nabc', /at most 32768 x 32768/],
    'deep.ppm': ['P6 1 1 65535\nabcdef', /8 bits a sample/],
    'empty.ppm': ['', /no binary PPM/],
  };
  for (const [name, [content, message]] of Object.entries(wrong)) {
    const path = `${OUTPUT}/${name}`;
    if (content !== undefined) writeFileSync(path, content, 'latin1');
    const { status, stderr } = spawnSync([...emulator, program][0], [...[...emulator, program].slice(1), path], {
      encoding: 'utf8',
    });
    if (status === 1 && stderr.includes(path) && message.test(stderr)) continue;
    console.log(`classify ${name}: status ${status}, ${stderr}`);
    failures++;
  }
}

/** Times C and WebAssembly in turn, and prints medians over the turns. */
async function printTimes() {
  const { timeWasm } = await import(`${process.cwd()}/build/conformance/c-time.mjs`);
  const bytes = readFileSync(`${OUTPUT}/resnet20/model.sgnw`);
  const image = readFileSync(`${OUTPUT}/resnet20/prepared-0`);
  const wasm = await timeWasm(bytes, image);
  const native = C_TARGETS.filter(({ emulator, id }) => !emulator && existsSync(`${OUTPUT}/resnet20/${id}/outputs`));
  /** @type {Record<string, number[]>} */
  const times = { WebAssembly: [], ...Object.fromEntries(native.map(({ name }) => [name, []])) };
  wasm(RUNS_IN_ROUND);
  for (let round = 0; round < ROUNDS; round++) {
    times.WebAssembly.push(wasm(RUNS_IN_ROUND));
    for (const { name, id } of native) {
      const nanoseconds = run([`${OUTPUT}/resnet20/${id}/outputs`, 'time', String(RUNS_IN_ROUND)], image);
      times[name].push(Number(nanoseconds) / 1e6);
    }
  }
  /** @param {string} name */
  const median = (name) => times[name].sort((a, b) => a - b)[ROUNDS >> 1];
  for (const name of Object.keys(times)) {
    const ratio = (median(name) / median('WebAssembly')).toFixed(2);
    console.log(
      `resnet20, one run: ${name} ${median(name).toFixed(3)} ms, ${ratio} times WebAssembly's in Node ${process.version}`,
    );
  }
}

/**
 * @param {readonly string[]} command
 * @param {Buffer} [input]
 * @returns {Buffer} stdout.
 */
function run([program, ...args], input) {
  try {
    return execFileSync(program, args, {
      input,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 28,
    });
  } catch (caught) {
    const error = /** @type {NodeJS.ErrnoException} */ (caught);
    const hint = error.code === 'ENOENT' ? `. Debian: apt-get install ${C_DEBIAN_PACKAGES.join(' ')}` : '';
    throw new Error(`${program} ${args.join(' ')}: ${error.message}${hint}`);
  }
}

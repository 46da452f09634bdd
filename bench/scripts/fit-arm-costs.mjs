// What the parts of a binary convolution cost on ARM64, in executed instructions, for runtime/src/plan/costs.ts: QEMU counts many ways to
// compute some, and least squares divide the counts among their parts. Instructions aren't cycles: caches and how many an ARM takes at a time
// aren't in it. bench/scripts/check-instructions.mjs has what is needed.
//
//   node bench/scripts/fit-arm-costs.mjs [CPU]      default: cortex-a72
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fitCosts } from '../instructions/fit.mjs';
import { ARM64, buildPlugin, buildProgram, countMarks } from '../instructions/qemu.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

buildPlugin();
const program = await buildProgram('arm-costs');
const { marks, output } = countMarks({ ...ARM64, cpu: process.argv[2] ?? ARM64.cpu }, program);
const { costs, ways } = fitCosts(readFileSync(marks, 'utf8'), JSON.parse(output));
for (const { name, counted, estimated } of ways)
  console.log(`${String(counted).padStart(9)} ${(estimated / counted).toFixed(2).padStart(5)}  ${name}`);
console.log('instructions, estimate / count, way');
for (const [name, cost] of Object.entries(costs)) console.log(`${name}: ${cost.toFixed(2)}`);

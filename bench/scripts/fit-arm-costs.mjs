// Finds what the parts of a binary convolution cost on ARM64, in executed instructions, for runtime/src/plan/costs.ts: QEMU counts some
// convolutions computed in many ways, and least squares divide the counts among the parts. Instructions aren't cycles: they know nothing of
// caches, nor of how many instructions an ARM executes at a time. So llvm-mca estimates the cycles of the same code beside them. Needs what
// bench/scripts/check-instructions.mjs needs, and Debian's package llvm-22. Writes docs/arm.md.
//
//   node bench/scripts/fit-arm-costs.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { armDocument } from '../instructions/arm-document.mjs';
import { estimateCycles, instructionsOf, LLVM_VERSION, readCalls } from '../instructions/cycles.mjs';
import { fitCosts } from '../instructions/fit.mjs';
import { ARM_CPUS, ARM64, buildPlugin, buildProgram, countMarks } from '../instructions/qemu.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const DOCUMENT = 'docs/arm.md';
/**
 * LLVM gives a Cortex-A76 the model of the A57; the Neoverse N1 is the A76's core for servers, and has one.
 *
 * @type {Record<string, string>}
 */
const MODELS = { 'cortex-a76': 'neoverse-n1' };

buildPlugin();
const program = await buildProgram('arm-costs');
const fits = ARM_CPUS.map((cpu) => {
  const { marks, blocks, output } = countMarks({ ...ARM64, cpu }, program, { areBlocksWanted: true });
  const ways = JSON.parse(output);
  const model = MODELS[cpu] ?? cpu;
  const fit = fitCosts(readFileSync(marks, 'utf8'), ways);
  const [nothing, ...estimates] = estimateCycles(leastCalls(readCalls(readFileSync(blocks, 'utf8')), ways), model);
  return {
    cpu,
    model,
    costs: fit.costs,
    ways: fit.ways.map((way, i) => ({ ...way, ...estimates[i], cycles: estimates[i].cycles - nothing.cycles })),
  };
});
writeFileSync(DOCUMENT, armDocument(fits, { node: ARM64.node, chosen: ARM64.cpu, llvm: LLVM_VERSION }));
console.log(`${DOCUMENT} is written; its costs belong into runtime/src/plan/costs.ts`);

/**
 * Of the calls of each way, the one that nothing disturbed.
 *
 * @param {import('../instructions/cycles.mjs').Run[][]} calls
 * @param {readonly { calls: number }[]} ways
 */
function leastCalls(calls, ways) {
  const expected = ways.reduce((sum, way) => sum + way.calls, 0);
  if (calls.length !== expected) throw new Error(`blocks of ${calls.length} calls, expected ${expected}`);
  let next = 0;
  return ways.map(({ calls: count }) => {
    const ofWay = calls.slice(next, next + count);
    next += count;
    return ofWay.reduce((least, call) => (instructionsOf(call) < instructionsOf(least) ? call : least));
  });
}

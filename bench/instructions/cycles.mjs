// How many cycles a CPU takes for code that QEMU has executed, as llvm-mca estimates it from LLVM's model of that CPU. It assumes that all
// loads hit the L1 cache and all branches are predicted, and that each run of instructions executed equally often is a loop of its own.
import { spawnSync } from 'node:child_process';

/** Version of Debian's LLVM package; fixed, because LLVM's models of CPUs change between versions. */
export const LLVM_VERSION = '22';
const TRIPLE = 'aarch64-linux-gnu';
/** An instruction that never occurs in compiled code, `hlt #0xacbc`, to put between the others. */
const SEPARATOR = { bytes: '809755d4', text: 'hlt #0xacbc' };
/** How often llvm-mca repeats a run: often enough that filling and draining the pipeline hardly counts. */
const ITERATIONS = 100;
/** Runs below this share of a call's instructions are not simulated; each of their instructions counts as one cycle. */
const MINOR = 0.0005;

/** @typedef {Map<number, { bytes: string, executions: number }>} Instructions by address */

/**
 * A run of instructions that were executed equally often.
 *
 * @typedef {object} Run
 * @property {string[]} code  bytes of each instruction, hexadecimal
 * @property {number} executions
 */

/**
 * @param {string} text what count-instructions.c writes about blocks
 * @returns {Run[][]} what each call executed, in the order of addresses
 */
export function readCalls(text) {
  const calls = [];
  /** @type {Instructions} */
  let instructions = new Map();
  for (const line of text.trim().split('\n')) {
    if (line === '-') {
      calls.push(runsOf(instructions));
      instructions = new Map();
      continue;
    }
    const [address, executions, ...code] = line.split(' ');
    let at = Number.parseInt(address, 16);
    // Blocks overlap: code that is jumped to can be the end of another block.
    for (const bytes of code) {
      const before = instructions.get(at)?.executions ?? 0;
      instructions.set(at, { bytes, executions: before + Number(executions) });
      at += bytes.length / 2;
    }
  }
  return calls;
}

/** @param {Instructions} instructions */
function runsOf(instructions) {
  /** @type {Run[]} */
  const runs = [];
  let end = -1;
  for (const [address, { bytes, executions }] of [...instructions].sort(([a], [b]) => a - b)) {
    const last = runs.at(-1);
    if (last?.executions === executions && end === address) last.code.push(bytes);
    else runs.push({ code: [bytes], executions });
    end = address + bytes.length / 2;
  }
  return runs;
}

/** @param {readonly Run[]} runs */
export function instructionsOf(runs) {
  return runs.reduce((sum, { code, executions }) => sum + code.length * executions, 0);
}

/**
 * The cycles of a call, and the run that takes most of them: what one execution takes, and which part of the call all of them.
 *
 * @typedef {{ cycles: number, hottest: { instructions: number, cycles: number, share: number } }} Estimate
 */

/**
 * @param {readonly (readonly Run[])[]} calls
 * @param {string} cpu model of LLVM
 * @returns {Estimate[]} for each call
 */
export function estimateCycles(calls, cpu) {
  /** @type {Map<string, string[]>} */
  const wanted = new Map();
  for (const runs of calls) {
    const least = MINOR * instructionsOf(runs);
    for (const { code, executions } of runs) if (code.length * executions >= least) wanted.set(code.join(), code);
  }
  const texts = disassemble([...new Set([...wanted.values()].flat())]);
  const simulated = simulate(wanted, texts, cpu);
  return calls.map((runs) => {
    const timed = runs.map(({ code, executions }) => {
      const cycles = simulated.get(code.join()) ?? code.length;
      return { instructions: code.length, cycles, allCycles: cycles * executions };
    });
    const cycles = timed.reduce((sum, { allCycles }) => sum + allCycles, 0);
    const most = timed.reduce((a, b) => (b.allCycles > a.allCycles ? b : a));
    return {
      cycles,
      hottest: { instructions: most.instructions, cycles: most.cycles, share: most.allCycles / cycles },
    };
  });
}

/**
 * @param {string[]} codes
 * @returns {Map<string, string[]>} assembly by bytes; none for what LLVM doesn't know.
 */
function disassemble(codes) {
  const input = codes.flatMap((bytes) => [bytes, SEPARATOR.bytes]).map((bytes) => bytes.replace(/../g, '0x$& '));
  const text = run('llvm-mc', ['--disassemble', `-triple=${TRIPLE}`, '-mattr=+all'], input.join('\n'));
  /** @type {string[][]} */
  const pieces = [[]];
  for (const line of text.split('\n').filter((it) => /^\t[^.]/.test(it))) {
    if (line.trim().replace(/\s+/g, ' ') === SEPARATOR.text) pieces.push([]);
    else pieces[pieces.length - 1].push(line);
  }
  if (pieces.length !== codes.length + 1)
    throw new Error(`llvm-mc gave ${pieces.length - 1} of ${codes.length} instructions`);
  return new Map(codes.map((bytes, i) => [bytes, pieces[i]]));
}

/**
 * @param {Map<string, string[]>} runs
 * @param {Map<string, string[]>} texts
 * @param {string} cpu
 * @returns {Map<string, number>} cycles of one execution, by the name of the run.
 */
function simulate(runs, texts, cpu) {
  const names = [...runs.keys()];
  const regions = [...runs.values()].map((code, i) =>
    [`// LLVM-MCA-BEGIN ${i}`, ...code.flatMap((bytes) => texts.get(bytes) ?? []), '// LLVM-MCA-END'].join('\n'),
  );
  const options = [`-iterations=${ITERATIONS}`, '-json', '-skip-unsupported-instructions=any'];
  const text = run('llvm-mca', [`-mtriple=${TRIPLE}`, `-mcpu=${cpu}`, ...options], `${regions.join('\n')}\n`);
  /** @type {{ CodeRegions: { Name: string, SummaryView: { TotalCycles: number } }[] }} */
  const { CodeRegions } = JSON.parse(text);
  return new Map(
    CodeRegions.map(({ Name, SummaryView }) => [names[Number(Name)], SummaryView.TotalCycles / ITERATIONS]),
  );
}

/**
 * @param {string} name
 * @param {string[]} args
 * @param {string} input
 */
function run(name, args, input) {
  const program = `${name}-${LLVM_VERSION}`;
  const { status, error, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error)
    throw new Error(`${program} can't be started (${error.message}). Debian: apt-get install llvm-${LLVM_VERSION}`);
  if (status !== 0) throw new Error(`${program} ended with status ${status}:\n${stderr.slice(0, 2000)}`);
  return stdout;
}

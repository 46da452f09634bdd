import { SignwaveError } from '@signwave/format';
import { Command, CommanderError } from 'commander';
import { registerAnalyze } from './commands/analyze.js';
import { registerBench } from './commands/bench.js';
import { registerCollect } from './commands/collect.js';
import { registerCompare } from './commands/compare.js';
import { registerConvert } from './commands/convert.js';
import { registerEval } from './commands/eval.js';
import { registerExport } from './commands/export.js';
import { registerInspect } from './commands/inspect.js';
import { registerMerge } from './commands/merge.js';
import { registerRun } from './commands/run.js';
import { registerSetup } from './commands/setup.js';
import { registerSubmit } from './commands/submit.js';
import { registerTrain } from './commands/train.js';
import { registerVerify } from './commands/verify.js';
import { registerWorker } from './commands/worker.js';
import { registerZoo } from './commands/zoo.js';
import { expandHome } from './expand-home.js';
import { printError, printNote, printResult } from './report/output.js';
import { VERSION } from './version.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const program = new Command('signwave')
  .description('Binary neural networks with one bit per weight: convert, verify, run, time.')
  .version(VERSION)
  .exitOverride()
  .configureOutput({
    // What it prints has several lines, and quotes what was typed.
    writeOut: (text) => printResult(text.trimEnd().split('\n')),
    writeErr: (text) => printNote(text.trimEnd().split('\n')),
    // A line feed that was typed begins no line; only the advice after an error does.
    outputError: (text) => printNote(text.trimEnd().split(/\n(?=\(Did you mean )/)),
  })
  .configureHelp({ showGlobalOptions: true });
for (const register of [
  registerConvert,
  registerInspect,
  registerVerify,
  registerCompare,
  registerRun,
  registerMerge,
  registerSubmit,
  registerWorker,
  registerCollect,
  registerEval,
  registerBench,
  registerExport,
  registerAnalyze,
  registerTrain,
  registerSetup,
  registerZoo,
]) {
  register(program);
}

try {
  await program.parseAsync(process.argv.map(expandHome));
} catch (error) {
  process.exitCode = report(error);
}

/** Prints what went wrong. @returns the exit code. */
function report(error: unknown): number {
  // commander has printed its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof SignwaveError) {
    printError(error);
    return error.code === 'E_USAGE' ? EXIT_USAGE : EXIT_FAILED;
  }
  const stack = error instanceof Error ? String(error.stack) : String(error);
  printNote(stack.split('\n'), { text: 'unexpected error', color: 'red' });
  printNote('This is a defect of signwave; please report it with the command and the file.');
  return EXIT_FAILED;
}

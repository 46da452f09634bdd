import { writeFileAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { countsOf, mergeEvaluation, openParts, type Parts } from '@signwave/lab/node';
import type { Command } from 'commander';
import { answeredText } from '../answers.js';
import { jsonOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { giveEvaluation } from '../report/evaluation.js';
import { count, printJson, printRemark, printResult } from '../report/output.js';

interface Options {
  readonly out?: string;
  readonly report?: string;
  readonly json?: boolean;
}

export function registerMerge(program: Command): void {
  program
    .command('merge')
    .description('join what the shares of run --manifest or eval have given, after checking that all are there')
    .argument('<folder>', 'folder with part-1-of-8.jsonl and so on')
    .option('-o, --out <file>', 'of run: file for all answers, in the order of the list')
    .option('--report <file>', 'of eval: write an HTML page with the confusion matrix')
    .addOption(jsonOption())
    .action(merge);
}

async function merge(folder: string, options: Options): Promise<void> {
  const { out, report } = options;
  await refuseOverwriting({ outputs: { '--out': out, '--report': report }, data: { 'the parts': folder } });
  const parts = await openParts(folder);
  const { command } = parts.first;
  const refuse = (what: string): never => {
    throw new SignwaveError('E_USAGE', `${folder} has shares of ${command}: ${what}`);
  };
  if (command === 'eval') {
    if (out !== undefined) refuse('merge prints their figures; leave --out away');
    await giveEvaluation(await mergeEvaluation(parts, printRemark), options);
  } else {
    if (report !== undefined) refuse('a report is made of shares of eval; leave --report away');
    await joinAnswers(parts, out ?? refuse('give --out, the file for all answers'), options);
  }
}

async function joinAnswers({ lines, ends }: Parts, out: string, { json }: Options): Promise<void> {
  await writeFileAtomic(out, lines);
  const { lines: answers, errors } = countsOf(ends);
  if (json) printJson({ output: out, parts: ends.length, answers, errors });
  else printResult(`${out}: ${count(ends.length)} parts, ${answeredText(answers, errors)}`);
}

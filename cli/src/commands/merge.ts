import { writeFileAtomic } from '@signwave/data/node';
import { mergeParts } from '@signwave/lab/node';
import type { Command } from 'commander';
import { answeredText } from '../answers.js';
import { jsonOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { count, printJson, printResult } from '../report/output.js';

export function registerMerge(program: Command): void {
  program
    .command('merge')
    .description('join what the shares of a list have given (run --manifest), after checking that all are there')
    .argument('<folder>', 'folder with part-1-of-8.jsonl and so on')
    .requiredOption('-o, --out <file>', 'file for all answers, in the order of the list')
    .addOption(jsonOption())
    .action(merge);
}

async function merge(folder: string, { out, json }: { readonly out: string; readonly json?: boolean }): Promise<void> {
  await refuseOverwriting({ outputs: { '--out': out }, data: { 'the parts': folder } });
  const { lines, counts } = await mergeParts(folder);
  await writeFileAtomic(out, lines);
  const { parts, answers, errors } = counts();
  if (json) printJson({ output: out, parts, answers, errors });
  else printResult(`${out}: ${count(parts)} parts, ${answeredText({ answers, errors })}`);
}

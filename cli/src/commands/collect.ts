import { collectAnswers } from '@signwave/lab/node';
import type { Command } from 'commander';
import { answeredText } from '../answers.js';
import { jsonOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { credsOption, natsOption, type QueueOptions, streamOption } from '../queue-options.js';
import { printJson, printRemark, printResult } from '../report/output.js';

interface Options extends QueueOptions {
  readonly out: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function registerCollect(program: Command): void {
  program
    .command('collect')
    .description('write what workers have answered to a list, in its order, after checking that every line is there')
    .argument('<list>', 'the list that was submitted')
    .addOption(natsOption())
    .addOption(streamOption())
    .addOption(credsOption())
    .requiredOption('-o, --out <file>', 'file for all answers')
    .option('--wait', 'wait for answers that are not there yet')
    .addOption(jsonOption())
    .action(collect);
}

async function collect(list: string, { nats, stream, creds, out, wait = false, json }: Options): Promise<void> {
  await refuseOverwriting({ outputs: { '--out': out }, inputs: { 'the list': list, '--creds': creds } });
  const place = { url: nats, stream, creds };
  const { answers, errors } = await collectAnswers(place, list, out, { isWaiting: wait, onRemark: printRemark });
  if (json) printJson({ output: out, answers, errors });
  else printResult(`${out}: ${answeredText(answers, errors)}`);
}

import { SignwaveError } from '@signwave/format';
import { collectAnswers } from '@signwave/lab/node';
import { type Command, Option } from 'commander';
import { answeredText } from '../answers.js';
import { jsonOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { credsOption, listOrSweep, natsOption, placeOf, type QueueOptions, streamOption } from '../queue-options.js';
import { printJson, printRemark, printResult } from '../report/output.js';
import { collectSweep } from '../training/collect-sweep.js';

interface Options extends QueueOptions {
  readonly sweep?: string;
  readonly out?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function registerCollect(program: Command): void {
  program
    .command('collect')
    .description('write what workers have answered to a list, in its order, after checking that every line is there')
    .argument('[list]', 'the list that was submitted')
    .addOption(
      new Option(
        '--sweep <file>',
        'in place of a list: print how far each run of a sweep is; ends with 1 unless all are finished',
      ).conflicts('out'),
    )
    .addOption(natsOption())
    .addOption(streamOption())
    .addOption(credsOption())
    .option('-o, --out <file>', 'file for all answers to a list')
    .option('--wait', 'wait for answers that are not there yet')
    .addOption(jsonOption())
    .action(collect);
}

async function collect(list: string | undefined, options: Options): Promise<void> {
  const { creds, out, wait = false, json } = options;
  const what = listOrSweep(list, options.sweep);
  const how = { isWaiting: wait, onRemark: printRemark };
  if ('sweep' in what) {
    await collectSweep(placeOf(options), what.sweep, { ...how, json });
    return;
  }
  if (out === undefined) throw new SignwaveError('E_USAGE', 'name a file for the answers: -o ANSWERS.jsonl');
  await refuseOverwriting({ outputs: { '--out': out }, inputs: { 'the list': what.list, '--creds': creds } });
  const { answers, errors } = await collectAnswers(placeOf(options), what.list, out, how);
  if (json) printJson({ output: out, answers, errors });
  else printResult(`${out}: ${answeredText(answers, errors)}`);
}

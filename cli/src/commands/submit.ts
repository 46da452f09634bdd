import { type SubmittedList, type SubmittedRuns, submitList, submitRuns } from '@signwave/lab/node';
import { type Command, Option } from 'commander';
import { jsonOption, positiveInteger } from '../arguments.js';
import { credsOption, listOrSweep, natsOption, placeOf, type QueueOptions, streamOption } from '../queue-options.js';
import { count, printJson, printRemark, printResult } from '../report/output.js';
import { openSweep } from '../training/sweep-runs.js';
import { modelPath } from '../zoo.js';

interface Options extends QueueOptions {
  readonly sweep?: string;
  readonly model?: string;
  readonly ackWait: number;
  readonly json?: boolean;
}

export function registerSubmit(program: Command): void {
  program
    .command('submit')
    .description(
      'put the lines of a list, or the runs of a sweep, into a queue (NATS JetStream), which it makes if it is not there',
    )
    .argument('[list]', 'paths, addresses or requests, one a line, as run --manifest takes them')
    .addOption(new Option('--sweep <file>', 'in place of a list: the runs of a sweep, to train').conflicts('model'))
    .addOption(natsOption())
    .addOption(streamOption())
    .addOption(credsOption())
    .option(
      '--model <file>',
      'put this model, or zoo:NAME, into the object store, for workers that have none',
      modelPath,
    )
    .option(
      '--ack-wait <seconds>',
      'of a new queue: another worker gets a line or a run after so long without a sign of life',
      positiveInteger,
      30,
    )
    .addOption(jsonOption())
    .action(submit);
}

async function submit(list: string | undefined, options: Options): Promise<void> {
  const { stream, model, ackWait: ackWaitS, json } = options;
  const what = listOrSweep(list, options.sweep);
  const place = placeOf(options);
  if ('list' in what) {
    const outcome = await submitList(place, what.list, { ackWaitS, model, onRemark: printRemark });
    if (json) printJson(outcome);
    else printResult(linesOf(stream, outcome));
    return;
  }
  const { runs } = await openSweep(what.sweep);
  const { runText } = await import('@signwave/trainer');
  const outcome = await submitRuns(place, runs.map(runText), { ackWaitS, onRemark: printRemark });
  if (json) printJson(outcome);
  else printResult(runsOf(stream, outcome));
}

function linesOf(stream: string, { submitted, known, model }: SubmittedList): string[] {
  const counts = `${stream}: ${count(submitted)} lines submitted, ${count(known)} were there or are answered`;
  return [counts, ...(model === undefined ? [] : [`the model's SHA-256 is ${model}`])];
}

function runsOf(stream: string, { submitted, known, again }: SubmittedRuns): string {
  const failed = again === 0 ? '' : ` (${count(again)} again, which had failed)`;
  return `${stream}: ${count(submitted)} runs submitted${failed}, ${count(known)} were there or are finished`;
}

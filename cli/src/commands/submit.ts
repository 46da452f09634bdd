import { type Submitted, submitList } from '@signwave/lab/node';
import type { Command } from 'commander';
import { jsonOption, positiveInteger } from '../arguments.js';
import { credsOption, natsOption, type QueueOptions, streamOption } from '../queue-options.js';
import { count, printJson, printRemark, printResult } from '../report/output.js';
import { modelPath } from '../zoo.js';

interface Options extends QueueOptions {
  readonly model?: string;
  readonly ackWait: number;
  readonly json?: boolean;
}

export function registerSubmit(program: Command): void {
  program
    .command('submit')
    .description('put the lines of a list into a queue (NATS JetStream), which it makes if it is not there')
    .argument('<list>', 'paths, addresses or requests, one a line, as run --manifest takes them')
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
      'of a new queue: another worker gets a line after so long without a sign of life',
      positiveInteger,
      30,
    )
    .addOption(jsonOption())
    .action(submit);
}

async function submit(list: string, { nats, stream, creds, model, ackWait, json }: Options): Promise<void> {
  const place = { url: nats, stream, creds };
  const outcome = await submitList(place, list, { ackWaitS: ackWait, model, onRemark: printRemark });
  if (json) printJson(outcome);
  else printResult(linesOf(stream, outcome));
}

function linesOf(stream: string, { submitted, known, model }: Submitted): string[] {
  const counts = `${stream}: ${count(submitted)} lines submitted, ${count(known)} were there or are answered`;
  return [counts, ...(model === undefined ? [] : [`the model's SHA-256 is ${model}`])];
}

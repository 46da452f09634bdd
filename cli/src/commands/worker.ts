import { SignwaveError } from '@signwave/format';
import { ANSWERS, type AnswerKind } from '@signwave/lab';
import { openQueue } from '@signwave/lab/node';
import type { KernelChoice } from '@signwave/runtime';
import { type Command, Option } from 'commander';
import { answeredText, answersTo, giveText, linesAhead } from '../answers.js';
import { kernelsOption, modelArgument, positiveInteger, threadsOption } from '../arguments.js';
import { loadModelBytes } from '../load-model.js';
import { credsOption, natsOption, type QueueOptions, streamOption } from '../queue-options.js';
import { printNote, printRemark } from '../report/output.js';

/** Tasks in hand for each line that is read ahead: so many that the way to the broker isn't waited for. */
const IN_HAND_PER_LINE = 4;
/** After an error, what still hangs (a file system that doesn't answer) is given so long. */
const LAST_MS = 5_000;

interface Options extends QueueOptions {
  readonly modelSha256?: string;
  readonly give: AnswerKind;
  readonly top: number;
  readonly maxTries: number;
  readonly kernels: KernelChoice;
  readonly threads: number | 'auto';
}

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('answer the lines of a queue (NATS JetStream) that submit has filled, until it is told to end')
    .addArgument(modelArgument('[model]', "model (.sgnw; without one, the queue's own)"))
    .addOption(natsOption())
    .addOption(streamOption())
    .addOption(credsOption())
    .option('--model-sha256 <hex>', "the model's SHA-256; without a model, it is taken from the object store")
    .addOption(new Option('--give <what>', 'what an answer holds').choices(ANSWERS).default('labels'))
    .option('--top <n>', 'classes in an answer of labels', positiveInteger, 5)
    .option('--max-tries <n>', 'a line that ends more workers is answered with an error', positiveInteger, 10)
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .action(worker);
}

async function worker(path: string | undefined, options: Options): Promise<void> {
  const { modelSha256, give: kind, top, maxTries } = options;
  if (modelSha256 !== undefined && !/^[0-9a-f]{64}$/.test(modelSha256)) {
    throw new SignwaveError(
      'E_USAGE',
      `--model-sha256 ${modelSha256}: expected 64 hexadecimal digits, in small letters`,
    );
  }
  const ending = new AbortController();
  // The second signal ends it at once: its handler is gone.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      printNote(`${signal}: what was begun is finished`);
      ending.abort();
    });
  }
  const queue = await openQueue({ url: options.nats, stream: options.stream, creds: options.creds }, printRemark);
  try {
    const { name, bytes, sha256 } = await queue.findModel({ path, sha256: modelSha256 });
    const model = await loadModelBytes(bytes, name, options);
    printNote(`${name} answers lines of stream ${options.stream}`);
    const worked = await queue.work({
      facts: { model: sha256, give: giveText(model, { kind, top }) },
      answersTo: (lines) => answersTo(lines, model, { kind, top }),
      inHand: IN_HAND_PER_LINE * linesAhead(model),
      maxTries,
      signal: ending.signal,
    });
    printNote(answeredText(worked.answers, worked.errors));
  } catch (error) {
    setTimeout(() => process.exit(), LAST_MS).unref();
    throw error;
  } finally {
    await queue.close();
  }
}

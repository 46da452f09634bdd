import { SignwaveError } from '@signwave/format';
import { ANSWERS, type AnswerKind } from '@signwave/lab';
import { LINE_TASKS, openQueue, type Queue, type Worked } from '@signwave/lab/node';
import type { KernelChoice } from '@signwave/runtime';
import type { BackendName } from '@signwave/trainer';
import { type Command, Option } from 'commander';
import { answeredText, answersTo, giveText, linesAhead } from '../answers.js';
import { kernelsOption, modelArgument, positiveInteger, threadsOption } from '../arguments.js';
import { loadModelBytes } from '../load-model.js';
import { credsOption, natsOption, type QueueOptions, streamOption } from '../queue-options.js';
import { printNote, printRemark } from '../report/output.js';
import { backendOption } from '../training/backend-option.js';
import { workOnRuns } from '../training/queue-runs.js';
import { withTrainer } from '../training/with-trainer.js';

/** Tasks in hand for each line that is read ahead: so many that the way to the broker isn't waited for. */
const IN_HAND_PER_LINE = 4;
/** After an error, what still hangs (a file system that doesn't answer) is given so long. */
const LAST_MS = 5_000;
/** Options that belong to trainings. */
const OF_TRAININGS = ['backend', 'strict', 'data', 'output'] as const;

interface Options extends QueueOptions {
  readonly modelSha256?: string;
  readonly give: AnswerKind;
  readonly top: number;
  readonly maxTries: number;
  readonly kernels: KernelChoice;
  readonly threads: number | 'auto';
  readonly train?: boolean;
  readonly backend?: BackendName;
  readonly strict?: boolean;
  readonly data?: string;
  readonly output?: string;
}

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description(
      'answer the lines of a queue (NATS JetStream) that submit has filled, or train its runs, until it is told to end',
    )
    .addArgument(modelArgument('[model]', "model (.sgnw; without one, the queue's own)"))
    .addOption(natsOption())
    .addOption(streamOption())
    .addOption(credsOption())
    .option('--model-sha256 <hex>', "the model's SHA-256; without a model, it is taken from the object store")
    .addOption(new Option('--give <what>', 'what an answer holds').choices(ANSWERS).default('labels'))
    .option('--top <n>', 'classes in an answer of labels', positiveInteger, 5)
    .option('--max-tries <n>', 'a line or a run that ends more workers is answered with an error', positiveInteger, 10)
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(
      new Option('--train', 'train the runs of a sweep, which submit --sweep has put into the queue').conflicts([
        'modelSha256',
        'give',
        'top',
        'kernels',
        'threads',
      ]),
    )
    .addOption(backendOption())
    .option('--strict', 'with --train: refuse images that can’t be decoded, which are left out otherwise')
    .option('--data <folder>', 'with --train: folder of the data set on this machine, in place of the configs’')
    .option('-o, --output <folder>', 'with --train: folder of all runs on this machine, in place of the sweep’s')
    .action(worker);
}

async function worker(path: string | undefined, options: Options): Promise<void> {
  if (options.train) {
    if (path !== undefined) throw new SignwaveError('E_USAGE', `${path}: --train takes no model`);
    await withQueue(options, (queue) => trainFrom(queue, options));
    return;
  }
  const ofTrainings = OF_TRAININGS.find((name) => options[name] !== undefined);
  if (ofTrainings !== undefined) throw new SignwaveError('E_USAGE', `--${ofTrainings} belongs to --train`);
  const { modelSha256 } = options;
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
  await withQueue(options, (queue) => answerFrom(queue, path, options, ending.signal));
}

/** Works on a queue, and says how much was done. */
async function withQueue(
  { nats, stream, creds, train }: Options,
  work: (queue: Queue) => Promise<Worked>,
): Promise<void> {
  const queue = await openQueue({ url: nats, stream, creds }, printRemark);
  try {
    const { answers, errors } = await work(queue);
    printNote(answeredText(answers, errors, train ? 'runs' : 'lines'));
  } catch (error) {
    setTimeout(() => process.exit(), LAST_MS).unref();
    throw error;
  } finally {
    await queue.close();
  }
}

async function answerFrom(
  queue: Queue,
  path: string | undefined,
  { stream, modelSha256, give: kind, top, maxTries, kernels, threads }: Options,
  signal: AbortSignal,
): Promise<Worked> {
  const { name, bytes, sha256 } = await queue.findModel({ path, sha256: modelSha256 });
  const model = await loadModelBytes(bytes, name, { kernels, threads });
  printNote(`${name} answers lines of stream ${stream}`);
  return queue.work({
    kind: LINE_TASKS,
    facts: { model: sha256, give: giveText(model, { kind, top }) },
    answersTo: (lines) => answersTo(lines, model, { kind, top }),
    inHand: IN_HAND_PER_LINE * linesAhead(model),
    maxTries,
    signal,
  });
}

/** The back end is there before the first run is taken. */
async function trainFrom(queue: Queue, { stream, backend, ...options }: Options): Promise<Worked> {
  return withTrainer(backend, (trainer) => {
    printNote(`${trainer.backend} trains runs of stream ${stream}`);
    return workOnRuns(queue, trainer, options);
  });
}

import { SignwaveError } from '@signwave/format';

/** One of `count` shares of a list, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A scheduler that starts one command many times: what it calls, in the environment, the share of each. */
interface Scheduler {
  readonly name: string;
  /** Number of this task. */
  readonly task: string;
  /** Number of the first task; 0 if the scheduler doesn't say it. */
  readonly first?: string;
  /** Distance between the numbers of two tasks; 1 if the scheduler doesn't say it. */
  readonly step?: string;
  /** How many tasks there are; absent where the scheduler doesn't tell a task. */
  readonly count?: string;
}

const SCHEDULERS: readonly Scheduler[] = [
  {
    name: 'Slurm (job array)',
    task: 'SLURM_ARRAY_TASK_ID',
    first: 'SLURM_ARRAY_TASK_MIN',
    step: 'SLURM_ARRAY_TASK_STEP',
    count: 'SLURM_ARRAY_TASK_COUNT',
  },
  { name: 'Slurm (srun)', task: 'SLURM_PROCID', count: 'SLURM_NTASKS' },
  { name: 'AWS Batch', task: 'AWS_BATCH_JOB_ARRAY_INDEX', count: 'AWS_BATCH_JOB_ARRAY_SIZE' },
  { name: 'Kubernetes (Indexed Job)', task: 'JOB_COMPLETION_INDEX' },
];

/**
 * Reads `3/8`, or `auto`, which takes what a scheduler says in the environment: Slurm, AWS Batch, or Kubernetes, whose tasks aren't told how many
 * they are: `auto/8`.
 *
 * @throws {SignwaveError} `E_USAGE` if it is neither, or if no scheduler says it.
 */
export function parseShard(text: string, environment: Environment): Shard {
  const [, index, count] = /^(\d+|auto)(?:\/(\d+))?$/.exec(text) ?? [];
  const total = count === undefined ? undefined : Number(count);
  if (index === 'auto') return checked(text, shardOfTask(total, environment));
  if (index === undefined || total === undefined) {
    throw new SignwaveError('E_USAGE', `--shard ${text}: expected a share such as 3/8, auto or auto/8`);
  }
  return checked(text, { index: Number(index), count: total });
}

function shardOfTask(total: number | undefined, environment: Environment): Shard {
  const scheduler = SCHEDULERS.find(({ task }) => environment[task]);
  if (!scheduler) {
    throw new SignwaveError(
      'E_USAGE',
      `--shard auto: none of ${SCHEDULERS.map(({ task }) => task).join(', ')} is in the environment; give the share: 3/8`,
    );
  }
  const numberOf = (name: string | undefined, otherwise: number): number =>
    name === undefined ? otherwise : Number(environment[name] ?? otherwise);
  const count = total ?? numberOf(scheduler.count, Number.NaN);
  if (Number.isNaN(count)) {
    throw new SignwaveError(
      'E_USAGE',
      `--shard auto: ${scheduler.name} doesn't say how many tasks there are; auto/8 does`,
    );
  }
  const steps = (numberOf(scheduler.task, 0) - numberOf(scheduler.first, 0)) / numberOf(scheduler.step, 1);
  return { index: steps + 1, count };
}

function checked(text: string, { index, count }: Shard): Shard {
  if (Number.isSafeInteger(count) && Number.isSafeInteger(index) && index >= 1 && index <= count)
    return { index, count };
  throw new SignwaveError(
    'E_USAGE',
    `--shard ${text}: share ${index} of ${count}; shares are counted from 1 to their number`,
  );
}

/** The lines of a share of a list of `lines`: `first` to `last`, from 1; none if `last` is below `first`. Shares follow each other and differ by at most one line. */
export function linesOfShard(
  { index, count }: Shard,
  lines: number,
): { readonly first: number; readonly last: number } {
  return { first: Math.floor((lines * (index - 1)) / count) + 1, last: Math.floor((lines * index) / count) };
}

/**
 * A share of a list whose items differ in what they cost, and where neighbours are alike: every item at a distance of `count`, from the
 * `index`th on. Shares differ by at most one item.
 */
export function everyNth<T>({ index, count }: Shard, items: readonly T[]): T[] {
  return items.filter((_, at) => at % count === index - 1);
}

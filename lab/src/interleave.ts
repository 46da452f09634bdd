/** One of several ways to do the same work, to be timed against the others. */
export type Contestant = TimedContestant | SelfTimedContestant;

interface TimedContestant {
  readonly name: string;
  /** Does the work once; this is what is timed. */
  run(): void | Promise<void>;
}

/** A contestant that reads the clock itself, because it times only some of its work, or works in another process. */
interface SelfTimedContestant {
  readonly name: string;
  /** Does the work `runs` times. @returns the median time of a run in milliseconds. */
  medianMs(runs: number): number | Promise<number>;
}

export interface TimingOptions {
  /** Number of rounds that count; each contestant gives one sample in each (default 15). */
  readonly rounds?: number;
  /** Minimum duration of a sample in milliseconds (default 50); quick work is repeated within it. */
  readonly minMs?: number;
  /** Minimum duration of each contestant's warm-up in milliseconds (default 0), because engines compile hot code a second time. */
  readonly warmUpMs?: number;
  /** A clock in milliseconds (default `performance.now`). */
  readonly now?: () => number;
}

/**
 * Times of one run of a contestant in milliseconds, over all rounds. A sample is the median of its runs, so that an interruption of one run
 * doesn't count, however short or long runs are.
 */
export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  /** 95th percentile: the smallest sample that 95 % of the samples don't exceed. */
  readonly p95Ms: number;
  /** Distance between the quartiles, which hold half of the samples between them, divided by the median. */
  readonly spread: number;
  /** Runs in one sample. */
  readonly runsPerSample: number;
}

/** Each contestant warms up for at least this many samples. */
const WARM_UP_SAMPLES = 2;

/**
 * Times contestants in turns: every round times each of them once, so that changes of the machine's speed affect all alike. Every other
 * round goes backwards, so that no contestant always runs after the same one.
 *
 * @returns one timing per contestant, in their order.
 */
export async function timeInterleaved(
  contestants: readonly Contestant[],
  { rounds = 15, minMs = 50, warmUpMs = 0, now = () => performance.now() }: TimingOptions = {},
): Promise<Timing[]> {
  const runners = [];
  for (const contestant of contestants) {
    const runs = await calibrate(contestant, minMs, warmUpMs, now);
    runners.push({ contestant, runs, samples: [] as number[] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contestant, runs, samples } of round % 2 === 0 ? runners : runners.toReversed()) {
      samples.push((await sample(contestant, runs, now)).medianMs);
    }
  }
  return runners.map(({ contestant, runs, samples }) => summarize(contestant.name, runs, samples));
}

/** Warms a contestant up, and finds how many runs take `minMs`. */
async function calibrate(contestant: Contestant, minMs: number, warmUpMs: number, now: () => number): Promise<number> {
  let runs = 1;
  let warm = 0;
  let totalMs = 0;
  for (;;) {
    const { elapsedMs: ms } = await sample(contestant, runs, now);
    totalMs += ms;
    if (ms >= minMs) warm++;
    else runs = Math.max(runs + 1, Math.min(runs * 10, Math.ceil((runs * minMs * 1.1) / Math.max(ms, 1e-6))));
    if (warm >= WARM_UP_SAMPLES && totalMs >= warmUpMs) return runs;
  }
}

interface Sample {
  /** Median time of one run. */
  readonly medianMs: number;
  /** Time of all runs, including the time between them. */
  readonly elapsedMs: number;
}

async function sample(contestant: Contestant, runs: number, now: () => number): Promise<Sample> {
  const start = now();
  if ('medianMs' in contestant) {
    const medianMs = await contestant.medianMs(runs);
    return { medianMs, elapsedMs: now() - start };
  }
  const times = new Float64Array(runs);
  for (let i = 0; i < runs; i++) {
    const before = now();
    // Awaiting a value that isn't a promise would add a turn of the event loop to the time of synchronous work.
    const pending = contestant.run();
    if (pending) await pending;
    times[i] = now() - before;
  }
  return { medianMs: quantile(times.sort(), 0.5), elapsedMs: now() - start };
}

function summarize(name: string, runsPerSample: number, samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  const medianMs = quantile(sorted, 0.5);
  return {
    name,
    medianMs,
    minMs: sorted[0]!,
    p95Ms: sorted[Math.ceil(sorted.length * 0.95) - 1]!,
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / medianMs,
    runsPerSample,
  };
}

/** Interpolates linearly between the two nearest samples. @param sorted ascending. */
function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)]!;
  const above = sorted[Math.ceil(at)]!;
  return below + (above - below) * (at - Math.floor(at));
}

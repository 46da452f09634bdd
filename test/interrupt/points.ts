import { seededRandom } from '../seeded-random.js';
import { SIGNALS, type StartName, type Way } from './command.js';
import type { Interruption } from './program.js';

/** One try. */
export interface Point {
  readonly start: StartName;
  /** A signal, or what there is left on the disk. */
  readonly interruption?: Interruption;
  readonly room?: { readonly bytes: number; readonly files: number };
}

/** What an undisturbed run takes. */
export interface Undisturbed {
  readonly ms: number;
  /** That change files. */
  readonly calls: number;
  readonly outputBytes: number;
  readonly outputFiles: number;
}

const PHASES = ['before', 'during', 'after'] as const;
/** A call that writes a file takes about that long. */
const MAX_DELAY_US = 2_000;
/** Files beside the outputs at the same time: temporary ones and a lock. */
const OTHER_FILES = 4;

/**
 * Spreads points evenly: every second one of a signal over the time of an undisturbed run, the others over its calls that change files.
 * Every fourth one of a full disk is without files rather than bytes.
 *
 * @param undisturbed by start. Equal arguments give equal points.
 */
export function pointOf(
  way: Way,
  number: number,
  options: {
    readonly points: number;
    readonly seed: number;
    readonly undisturbed: ReadonlyMap<StartName, Undisturbed>;
  },
): Point {
  const { points, seed, undisturbed } = options;
  const random = seededRandom(seed * 1_000_003 + number);
  random();
  const starts = [...undisturbed.keys()];
  const start = starts[(number >> 2) % starts.length]!;
  const { ms, calls, outputBytes, outputFiles } = undisturbed.get(start)!;
  const share = (number + random()) / points;
  if (way === 'disk') {
    // An output that is replaced needs room for both.
    const bytes = number % 4 === 3 ? outputBytes * 2 : Math.floor(share * 1.5 * outputBytes);
    const files = number % 4 === 3 ? Math.floor(share * (outputFiles + OTHER_FILES)) : outputFiles + 100;
    return { start, room: { bytes, files } };
  }
  const signal = SIGNALS[way];
  if (number % 2 === 0) return { start, interruption: { signal, moment: { ms: share * ms } } };
  const phase = PHASES[Math.floor(random() * PHASES.length)]!;
  const delayUs = Math.floor(random() ** 2 * MAX_DELAY_US);
  return { start, interruption: { signal, moment: { at: 1 + Math.floor(share * calls), phase, delayUs } } };
}

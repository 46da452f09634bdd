import { SignwaveError, shorten } from '@signwave/format';
import type { TrainConfig } from '../config/parse-config.js';

/** Settings that may differ when a run is resumed: they say where things are, not what is computed. */
const FREE: ReadonlySet<string> = new Set([
  'output',
  'metricsEverySteps',
  'data.folder',
  'data.sha256',
  'distillation.teacher',
  'distillation.cache',
]);

/**
 * Check that a checkpoint was made with the same settings.
 *
 * @throws {SignwaveError} `E_RESUME` that names the first setting that differs.
 */
export function verifySameConfig(path: string, stored: TrainConfig, given: TrainConfig): void {
  const difference = firstDifference(stored, given, '');
  if (!difference) return;
  const { key, was, is } = difference;
  throw new SignwaveError(
    'E_RESUME',
    `${path} was made with ${key} = ${show(was)}, but the config has ${show(is)}; take the old value, or another "output" for a new run`,
  );
}

interface Difference {
  readonly key: string;
  readonly was: unknown;
  readonly is: unknown;
}

function firstDifference(was: unknown, is: unknown, key: string): Difference | undefined {
  if (FREE.has(key)) return undefined;
  if (isRecord(was) && isRecord(is)) {
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const difference = firstDifference(was[name], is[name], key === '' ? name : `${key}.${name}`);
      if (difference) return difference;
    }
    return undefined;
  }
  return was === is ? undefined : { key, was, is };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const show = (value: unknown): string => (value === undefined ? 'nothing' : shorten(JSON.stringify(value)));

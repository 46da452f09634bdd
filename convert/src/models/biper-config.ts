import { SignwaveError } from '@signwave/format';
import type { Checkpoint } from '../checkpoints/index.js';
import { quote } from '../checkpoints/quote.js';

/** What a BiPer checkpoint's tensors don't say. */
export interface BiperConfig {
  /** Frequency of the wave: `freq` of a config.txt, `omega0` of a checkpoint's metadata. */
  readonly omega0?: number;
  /** Whether the weights were trained as sign(sin(omega0 w)): `stage2` of a config.txt, `stage` of metadata. */
  readonly isStage2?: boolean;
}

/** Parse the `config.txt` that BiPer's training code writes beside a checkpoint: lines `key:  value` of a `config.txt`. @throws {SignwaveError} `E_OMEGA0` if `freq` is there but no positive number. */
export function parseBiperConfig(text: string, name: string): BiperConfig {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(\w+):\s*(.*?)\s*$/.exec(line);
    if (match) values.set(match[1]!, match[2]!);
  }
  const freq = values.get('freq');
  const stage2 = values.get('stage2');
  return {
    ...(freq !== undefined && { omega0: positive(freq, `${name}: freq`) }),
    ...(stage2 !== undefined && { isStage2: stage2 === 'True' }),
  };
}

/**
 * What signwave's trainer writes into a checkpoint's metadata: `omega0` and `stage`.
 *
 * @throws {SignwaveError} `E_OMEGA0` if `omega0` is there but no positive number.
 */
export function checkpointBiperConfig({ metadata, sourceName }: Checkpoint): BiperConfig {
  const omega0 = metadata.get('omega0') ?? undefined;
  const stage = metadata.get('stage') ?? undefined;
  return {
    ...(omega0 !== undefined && { omega0: positive(omega0, `${sourceName}: omega0 of its metadata`) }),
    ...(stage !== undefined && { isStage2: Number(stage) === 2 }),
  };
}

/** @throws {SignwaveError} `E_OMEGA0` */
function positive(value: number | string | boolean, what: string): number {
  const number = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new SignwaveError(
    'E_OMEGA0',
    `${what} is ${quote(String(value))}, expected a positive number; give --omega0 instead`,
  );
}

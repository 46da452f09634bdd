import { SignwaveError } from '@signwave/format';

/** What BiPer's training code writes beside a checkpoint, as far as a converter needs it. */
export interface BiperConfig {
  /** `freq`: omega0. */
  readonly omega0?: number;
  /** `stage2`: whether the weights were trained as sign(sin(omega0 w)). */
  readonly isStage2?: boolean;
}

/** Parse the lines `key:  value` of a `config.txt`. @throws {SignwaveError} `E_OMEGA0` if `freq` is there but no positive number. */
export function parseBiperConfig(text: string, name: string): BiperConfig {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(\w+):\s*(.*?)\s*$/.exec(line);
    if (match) values.set(match[1]!, match[2]!);
  }
  const freq = values.get('freq');
  const stage2 = values.get('stage2');
  if (freq !== undefined && !(Number(freq) > 0 && Number.isFinite(Number(freq)))) {
    throw new SignwaveError(
      'E_OMEGA0',
      `${name}: freq is "${freq}", expected a positive number; give --omega0 instead`,
    );
  }
  return {
    ...(freq !== undefined && { omega0: Number(freq) }),
    ...(stage2 !== undefined && { isStage2: stage2 === 'True' }),
  };
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@signwave/convert';
import { openFileSource } from '@signwave/lab/node';

/** A case of quantizers.py, as its cases.json describes it. */
export interface OracleCase {
  /** `weights/ir-net[start=0.001]/p=0.5` */
  readonly name: string;
  readonly kind: 'weights' | 'activations' | 'losses' | 'updates';
  readonly quantizer: string;
  readonly stage: 1 | 2;
  /** Epochs that are done, of `epochs`. */
  readonly epoch: number;
  readonly epochs: number;
  readonly options: Readonly<Record<string, string | number>>;
  /** The `.npz` of its arrays. */
  readonly file: string;
}

export interface OracleArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const SCRIPT = fileURLToPath(new URL('quantizers.py', import.meta.url));

/** Runs the self-test of quantizers.py. @throws {Error} if it fails. */
export function selfTest(python: string): void {
  execFileSync(python, [SCRIPT, '--self-test'], { stdio: 'pipe' });
}

/** Has quantizers.py write its cases to a folder. */
export function writeCases(python: string, folder: string): OracleCase[] {
  execFileSync(python, [SCRIPT, folder], { stdio: 'pipe' });
  return JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8'));
}

/** Reads a case's arrays by name: `in.g`, `forward`, `gradient.latents`. */
export async function readArrays(folder: string, { file }: OracleCase): Promise<Map<string, OracleArray>> {
  const source = await openFileSource(`${folder}/${file}`);
  try {
    const { tensors } = await openCheckpoint(source);
    const arrays = new Map<string, OracleArray>();
    for (const [name, tensor] of tensors) arrays.set(name, { shape: tensor.shape, values: await tensor.readF32() });
    return arrays;
  } finally {
    await source.close();
  }
}

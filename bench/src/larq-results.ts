import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@signwave/data/node';
import { LARQ_NETWORKS } from '../larq-options.mjs';
import type { Bench, NetworkResult } from './results.js';
import { requireSameConditions } from './with-parts.js';

/** Where the results are that are published. */
export const LARQ_RESULTS = 'bench/larq-results.json';

/** The times that docs/larq.md states. */
export interface LarqResults extends Pick<Bench, 'machine' | 'rounds' | 'engines'> {
  /** Those that are measured, in the order of `LARQ_NETWORKS`. */
  readonly networks: readonly LarqNetworkResult[];
}

/** `fileBytes` is the packed file's. */
export interface LarqNetworkResult extends NetworkResult {
  /** Of the file that larq compute engine converted. */
  readonly tfliteBytes: number;
  /** Of TensorFlow Lite's in float32. */
  readonly float32Bytes: number;
  /** How far outputs of Python's engines were from ours, by their ids, as a share of the largest output. */
  readonly differences: Readonly<Record<string, number>>;
  readonly interpreters: readonly InterpreterResult[];
  /** What share of a core this process had after the measurement. */
  readonly coreShare: number;
}

/** Medians over interpreters that are made one after the other in one process, which has the engine's code already. */
export interface InterpreterResult {
  readonly engine: string;
  readonly interpreters: number;
  readonly loadMs: number;
  readonly firstRunMs: number;
}

/** What a run of the program has in common for all networks. */
export type LarqConditions = Omit<LarqResults, 'networks'>;

/** @returns nothing if there is no such file. */
export async function readLarqResults(path: string): Promise<LarqResults | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

export async function writeLarqResults(path: string, results: LarqResults): Promise<void> {
  await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(results, null, 2)}\n`));
}

/**
 * Which of the networks aren't in the results.
 *
 * @throws {SignwaveError} `E_USAGE` if those of other networks were measured under other conditions.
 */
export function missingNetworks(
  networks: readonly string[],
  path: string,
  before: LarqResults | undefined,
  now: LarqConditions,
): string[] {
  if (!before) return [...networks];
  requireSameConditions(before, now, { path, advice: 'Measure everything: add --again' });
  return networks.filter((name) => !before.networks.some(({ id }) => id === name));
}

/** The results with one more network. An engine that is missing this time, but wasn't before, is still in the results of other networks. */
export function withNetwork(
  before: LarqResults | undefined,
  now: LarqConditions,
  network: LarqNetworkResult,
): LarqResults {
  const engines = now.engines.map((engine) =>
    'missing' in engine ? (before?.engines.find(({ id }) => id === engine.id) ?? engine) : engine,
  );
  const others = (before?.networks ?? []).filter(({ id }) => id !== network.id);
  const place = ({ id }: NetworkResult): number => LARQ_NETWORKS.indexOf(id);
  return { ...now, engines, networks: [...others, network].sort((a, b) => place(a) - place(b)) };
}

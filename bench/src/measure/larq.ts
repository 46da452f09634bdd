import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SignwaveError } from '@signwave/format';
import { readNpy } from '@signwave/lab/node';
import { CoreShare } from '../core-share.js';
import { DEFAULT_FAMILY, TWO_THREADS } from '../families.js';
import type { InterpreterResult, LarqNetworkResult } from '../larq-results.js';
import { median } from '../median.js';
import { LARQ_WAYS, zooPeers } from '../peers/larq.js';
import { type InterpreterStart, LarqProcess, type LarqWay } from '../peers/larq-process.js';
import type { Peer } from '../peers/peer.js';
import type { MeasureOptions } from './layers.js';
import { measureNetwork, openNetwork } from './networks.js';

/** The one-threaded default and two threads. */
export const LARQ_FAMILIES = [DEFAULT_FAMILY, TWO_THREADS];
const FOLDER = 'build/bench/larq';
/** Interpreters that are made of each file; the first only brings code and file into memory. */
const INTERPRETERS = 5;

/**
 * Has a network of larq's zoo made and converted, packs it, and times it beside other engines.
 *
 * @param python with larq compute engine.
 * @param peers that run the packed network's graph.
 * @throws {SignwaveError} `E_PEER` if the network can't be made, or signwave's own kernels differ from the reference.
 */
export async function measureLarqNetwork(
  name: string,
  python: string,
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<LarqNetworkResult> {
  options.log('  larq-zoo makes it, larq compute engine and TensorFlow Lite convert it');
  const process = await LarqProcess.start(python, name, `${FOLDER}/${name}`);
  if (typeof process === 'string') throw new SignwaveError('E_PEER', `${name} can't be made: ${process}`);
  try {
    return await measureBeside(process, name, peers, options);
  } finally {
    process.stop();
  }
}

async function measureBeside(
  python: LarqProcess,
  name: string,
  peers: readonly Peer[],
  options: MeasureOptions,
): Promise<LarqNetworkResult> {
  const [tflite, path] = [`${FOLDER}/${name}/model.tflite`, `${FOLDER}/${name}/model.sgnw`];
  await promisify(execFile)(process.execPath, ['cli/dist/signwave.mjs', 'convert', tflite, '-o', path]);
  const { data: input } = await readNpy(`${FOLDER}/${name}/input.npy`, { types: ['<f4'] });
  options.log('  the reference runs it');
  const file = { id: name, title: `${name}, packed`, path };
  const network = await openNetwork(file, input);
  const differences = new Map<string, number>();
  const all = [...zooPeers(python, differences), ...peers].map(orReason);
  const result = await measureNetwork(network, file, all, options, LARQ_FAMILIES);
  const interpreters: InterpreterResult[] = [];
  for (const way of Object.keys(LARQ_WAYS) as LarqWay[]) interpreters.push(await startInterpreters(python, way));
  const { binary: tfliteBytes, float: float32Bytes } = python.fileBytes;
  const coreShare = await new CoreShare().share();
  return {
    ...result,
    title: name,
    tfliteBytes,
    float32Bytes,
    differences: Object.fromEntries(differences),
    interpreters,
    coreShare,
  };
}

/** The peer, which leaves out a network that it has no operation for or gives a wrong answer for, with the reason, where it ended the program. */
export function orReason(peer: Peer): Peer {
  return {
    ...peer,
    network: async (network) => {
      try {
        return (await peer.network?.(network)) ?? 'it runs layers only';
      } catch (error) {
        if (error instanceof SignwaveError && error.code === 'E_PEER') return error.message;
        throw error;
      }
    },
  };
}

async function startInterpreters(python: LarqProcess, way: LarqWay): Promise<InterpreterResult> {
  const starts: InterpreterStart[] = [];
  for (let n = 0; n <= INTERPRETERS; n++) {
    const start = await python.startInterpreter(way);
    if (n > 0) starts.push(start);
  }
  const medianOf = (key: 'loadMs' | 'firstRunMs'): number => median(starts.map((start) => start[key]));
  const { id: engine } = LARQ_WAYS[way];
  return { engine, interpreters: INTERPRETERS, loadMs: medianOf('loadMs'), firstRunMs: medianOf('firstRunMs') };
}

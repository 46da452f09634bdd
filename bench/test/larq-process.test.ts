import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Machine, THIS_MACHINE } from '@signwave/trainer/internals';
import { afterAll, describe, expect, test } from 'vitest';
import { larqPeers, zooPeers } from '../src/peers/larq.js';
import { LarqProcess } from '../src/peers/larq-process.js';
import type { Network, Peer } from '../src/peers/peer.js';

const folder = mkdtempSync(join(tmpdir(), 'signwave-larq-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the stand-in for Python has of a network. */
interface Said {
  readonly correlation?: number;
  readonly output?: readonly number[];
  /** It ends with this on stderr instead of being ready. */
  readonly failure?: string;
}

/** @returns a program that speaks for bench/larq/measure.py, whatever its arguments are. */
function standIn(path: string, { correlation = 1, output = [], failure }: Said): string {
  const greeting = {
    binaryBytes: 4,
    floatBytes: 50,
    correlations: { default: correlation, indirect: correlation, float: correlation },
  };
  const answers = { time: 2.5, output, load: { loadMs: 3, firstRunMs: 4 } };
  const source = `#!${process.execPath}
if (${failure !== undefined}) {
  console.error(${JSON.stringify(failure)});
  process.exit(1);
}
console.log(${JSON.stringify(JSON.stringify(greeting))});
const answers = ${JSON.stringify(answers)};
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const [command] = line.split(' ');
  if (command === 'time' && line.endsWith(' 99')) process.exit(1);
  console.log(JSON.stringify(answers[command]));
});
`;
  writeFileSync(path, source, { mode: 0o755 });
  return path;
}

async function started(said: Said): Promise<LarqProcess> {
  const process = await LarqProcess.start(standIn(join(folder, 'python'), said), 'QuickNet', folder);
  if (typeof process === 'string') throw new Error(process);
  return process;
}

const EXPECTED = Float32Array.of(1, 5, -2, 0.5);
const network = { id: 'QuickNet', expected: EXPECTED } as Network;

async function medianOf(peer: Peer): Promise<number> {
  const prepared = await peer.network!(network);
  if (typeof prepared === 'string' || !('medianMs' in prepared.work)) throw new Error('it is not timed by itself');
  return prepared.work.medianMs(3);
}

describe.skipIf(process.platform === 'win32')('the process of larq’s engines', () => {
  test('times a network whose outputs are ours, in each way', async () => {
    const process = await started({ output: [1, 5.00001, -2, 0.5] });
    const differences = new Map<string, number>();
    const peers = zooPeers(process, differences);
    expect(peers.map(({ id }) => id)).toEqual(['larq-indirect', 'larq', 'tflite-float32']);
    for (const peer of peers) {
      expect(await medianOf(peer)).toBe(2.5);
      expect(differences.get(peer.id)).toBeCloseTo(2e-6, 8);
    }
    expect(process.fileBytes).toEqual({ binary: 4, float: 50 });
    expect(await process.startInterpreter('float')).toEqual({ loadMs: 3, firstRunMs: 4 });
    process.stop();
  });

  test('refuses a network whose outputs are others, and keeps by how much', async () => {
    const process = await started({ output: [5, 1, -2, 0.5] });
    const differences = new Map<string, number>();
    await expect(zooPeers(process, differences)[0]!.network!(network)).rejects.toThrow(
      /number 0 of 4 is 5, expected 1/,
    );
    expect(differences.get('larq-indirect')).toBeCloseTo(0.8);
    process.stop();
  });

  test('refuses an output of another length', async () => {
    const process = await started({ output: [1, 5] });
    await expect(zooPeers(process, new Map())[0]!.network!(network)).rejects.toThrow('2 numbers, expected 4');
    process.stop();
  });

  test('says why it could not make a network', async () => {
    const python = standIn(join(folder, 'failing'), { failure: 'ValueError: no such network' });
    expect(await LarqProcess.start(python, 'QuickNet', folder)).toBe('ValueError: no such network');
  });

  test('that ends in the middle is an error, not an endless wait', async () => {
    const process = await started({});
    await expect(process.medianMs('default', 99)).rejects.toThrow('bench/larq/measure.py ended');
  });
});

describe.skipIf(process.platform === 'win32')('larq’s network beside our ResNet-18', () => {
  /** A machine whose environment for larq is made already. */
  function machineWith(said: Said): Machine {
    const cache = mkdtempSync(join(folder, 'cache-'));
    const hash = createHash('sha256').update(readFileSync('bench/larq/requirements.txt')).digest('hex').slice(0, 12);
    const environment = join(cache, 'signwave', 'larq', hash);
    mkdirSync(join(environment, 'bin'), { recursive: true });
    writeFileSync(join(environment, 'signwave-installed'), '');
    standIn(join(environment, 'bin', 'python'), said);
    const run = async () => ({ status: 0, lines: ['3.11'] });
    return { ...THIS_MACHINE, platform: 'linux', architecture: 'x64', env: { XDG_CACHE_HOME: cache }, run };
  }
  const ask = async (said: Said, id: string) => {
    const [peer] = (await larqPeers(() => {}, machineWith(said))) as Peer[];
    const answer = await peer!.network!({ ...network, id });
    await peer!.dispose!();
    return answer;
  };

  test('is timed beside that one alone', async () => {
    expect(await ask({}, 'resnet18-imagenet')).toHaveProperty('work');
    expect(await ask({}, 'resnet20-cifar10')).toBe('it is timed on BinaryResNetE18 alone');
  });

  test('is left out where it gives other outputs than Keras', async () => {
    expect(await ask({ correlation: 0.5 }, 'resnet18-imagenet')).toMatch(/correlation of 0.500 only/);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignwaveError } from '@signwave/format';
import type { Timing } from '@signwave/lab';
import { describe, expect, test } from 'vitest';
import { LARQ_NETWORKS } from '../larq-options.mjs';
import {
  type LarqConditions,
  type LarqNetworkResult,
  type LarqResults,
  missingNetworks,
  readLarqResults,
  withNetwork,
  writeLarqResults,
} from '../src/larq-results.js';
import { orReason } from '../src/measure/larq.js';
import type { Network, Peer } from '../src/peers/peer.js';
import { larqSpeed } from '../src/report/larq.js';

const NOW: LarqConditions = {
  machine: { cpu: 'A CPU', cores: 2, node: '20.0.0', v8: '11.3', date: '2026-11-29', signwave: '0.1.0' },
  rounds: 15,
  engines: [
    { id: 'signwave', title: 'signwave', version: '0.1.0' },
    { id: 'signwave-2-threads', title: 'signwave, two threads', version: '0.1.0' },
    { id: 'larq-indirect', title: 'LCE', version: '0.16.0' },
    { id: 'larq', title: 'LCE, default', version: '0.16.0' },
    { id: 'ort-web-float32', title: 'ORT', missing: 'it is not here' },
  ],
};
const PATH = 'results.json';

function timing(name: string, medianMs: number): Timing {
  return { name, medianMs, minMs: medianMs, p95Ms: medianMs, spread: 0.034, runsPerSample: 1 };
}

function measured(id: string, facts: Partial<LarqNetworkResult> = {}): LarqNetworkResult {
  return {
    id,
    title: id,
    macs: 1e9,
    fileBytes: 4_330_000,
    wasmBytes: 25_000,
    tfliteBytes: 4_210_000,
    float32Bytes: 50_000_000,
    timings: [
      timing('signwave', 8),
      timing('signwave-2-threads', 4.5),
      timing('larq-indirect', 20),
      timing('larq', 100),
    ],
    skipped: {},
    differences: { 'larq-indirect': 1e-7, larq: 1e-7 },
    profile: [],
    startups: [{ engine: 'signwave', processes: 5, loadMs: 30, firstRunMs: 12, rssBytes: 20 * 2 ** 20 }],
    interpreters: [{ engine: 'larq-indirect', interpreters: 5, loadMs: 4, firstRunMs: 25 }],
    coreShare: 1,
    ...facts,
  };
}

describe('a measurement of larq’s networks that was ended', () => {
  test('goes on with the networks that are missing', () => {
    const first = withNetwork(undefined, NOW, measured('QuickNet'));
    expect(missingNetworks(LARQ_NETWORKS, PATH, undefined, NOW)).toEqual(LARQ_NETWORKS);
    expect(missingNetworks(['QuickNetSmall', 'QuickNet', 'BiRealNet'], PATH, first, NOW)).toEqual([
      'QuickNetSmall',
      'BiRealNet',
    ]);
  });

  test('finds what was kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signwave-larq-'));
    const path = join(folder, PATH);
    expect(await readLarqResults(path)).toBeUndefined();
    const results = withNetwork(undefined, NOW, measured('QuickNet'));
    await writeLarqResults(path, results);
    expect(await readLarqResults(path)).toEqual(results);
    rmSync(folder, { recursive: true });
  });

  test('does not go on on another machine, with another Node or in other rounds', () => {
    const first = withNetwork(undefined, NOW, measured('QuickNet'));
    const other = { ...NOW, machine: { ...NOW.machine, node: '22.0.0' } };
    expect(() => missingNetworks(['BiRealNet'], PATH, first, other)).toThrow(
      /Node of results.json: 20.0.0, here: 22.0.0; .* add --again/,
    );
    expect(() => missingNetworks(['BiRealNet'], PATH, first, { ...NOW, rounds: 1 })).toThrow(/rounds of results.json/);
  });
});

describe('a network that is measured', () => {
  test('takes its place among the others, and that of an earlier result of its own', () => {
    let results: LarqResults | undefined;
    for (const [id, coreShare] of [
      ['BiRealNet', 1],
      ['QuickNet', 0.95],
      ['QuickNet', 0.99],
    ] as const)
      results = withNetwork(results, NOW, measured(id, { coreShare }));
    expect(results!.networks.map(({ id, coreShare }) => [id, coreShare])).toEqual([
      ['QuickNet', 0.99],
      ['BiRealNet', 1],
    ]);
  });

  test('leaves the version of an engine that is missing now but ran others', () => {
    const ort = { id: 'ort-web-float32', title: 'ORT', version: '1.30.0' };
    const before = withNetwork(undefined, { ...NOW, engines: [...NOW.engines.slice(0, 4), ort] }, measured('QuickNet'));
    expect(withNetwork(before, NOW, measured('BiRealNet')).engines.at(-1)).toEqual(ort);
  });

  test('is left out by an engine that gives a wrong answer, with the reason; a bug still ends the program', async () => {
    const peer = (error: Error): Peer => ({
      id: 'a',
      title: 'A',
      version: '1',
      network: async () => {
        throw error;
      },
    });
    const network = { id: 'n' } as Network;
    expect(await orReason(peer(new SignwaveError('E_PEER', 'number 0 is wrong'))).network!(network)).toBe(
      'number 0 is wrong',
    );
    await expect(orReason(peer(new TypeError('oops'))).network!(network)).rejects.toThrow('oops');
  });
});

describe('the tables of docs/larq.md', () => {
  test('say of each network that it is not measured, before any is', () => {
    const lines = larqSpeed(undefined);
    expect(lines[0]).toContain('node bench/scripts/larq.mjs --write');
    for (const name of LARQ_NETWORKS)
      expect(lines.filter((line) => line.startsWith(`| ${name} | not measured |`))).toHaveLength(2);
  });

  test('say how many times as long others take, and how much faster two threads are', () => {
    const lines = larqSpeed(withNetwork(undefined, NOW, measured('QuickNet')));
    expect(lines[0]).toContain('A CPU, 2 cores, one thread, Node 20.0.0');
    expect(lines[0]).toContain('2026-11-29');
    expect(lines[0]).toContain('LCE 0.16.0');
    expect(lines[2]).toBe('| network | signwave, ms | spread | two threads, times as fast | LCE | LCE, default |');
    expect(lines).toContain('| QuickNet | 8.00 | 3.4 % | 1.8x | 2.5x | 12.5x |');
    expect(lines).toContain('| QuickNetSmall | not measured | - | - | - | - |');
    expect(lines).toContain('| QuickNet | 4.21 | 4.33 | 50.00 | 42.0 | - | 29.0 | - | - | 20.0 | - |');
    expect(lines).toContain('Not measured: ORT: it is not here.');
  });

  test('say why a cell is empty, and whose outputs differ by more than float sums do', () => {
    const lines = larqSpeed(
      withNetwork(
        undefined,
        NOW,
        measured('QuickNet', {
          timings: [timing('signwave', 8), timing('larq-indirect', 20)],
          skipped: { larq: 'number 7 differs' },
          differences: { 'larq-indirect': 0.0123, larq: 0.5 },
        }),
      ),
    ).join('\n');
    expect(lines).toContain('| QuickNet | 8.00 | 3.4 % | - | 2.5x | - |');
    expect(lines).toContain('QuickNet in LCE, default: number 7 differs.');
    expect(lines).toContain('outputs: QuickNet in LCE, by 1.2 % of the largest output.');
  });
});

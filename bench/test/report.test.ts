import type { Timing } from '@signwave/lab';
import { describe, expect, test } from 'vitest';
import { layerChart } from '../src/report/chart.js';
import { milliseconds } from '../src/report/markdown.js';
import { performanceDocument } from '../src/report/performance.js';
import { withResults } from '../src/report/readme.js';
import {
  changedOutputs,
  layerTable,
  machineLine,
  networkTable,
  profileTable,
  startupTable,
} from '../src/report/tables.js';
import type { Bench, LayerResult } from '../src/results.js';

function timing(name: string, medianMs: number): Timing {
  return { name, medianMs, minMs: medianMs, p95Ms: medianMs, spread: 0.034, runsPerSample: 1 };
}

const SHAPE = { height: 56, width: 56, inChannels: 64, outChannels: 64, kernel: 3, stride: 1, pad: 1, groups: 1 };
const LAYER: LayerResult = {
  shape: { ...SHAPE, activations: 'bits' },
  macs: 128_700_000,
  kernel: 'convBits',
  reason: 'because',
  timings: [timing('signwave', 0.5), timing('peer', 6), timing('other', 0.25)],
  callTimings: [timing('signwave', 0.75), timing('peer', 7.5), timing('other', 0.375)],
  skipped: {},
};
const BENCH: Bench = {
  machine: { cpu: 'A CPU', cores: 2, node: '20.0.0', v8: '11.3', date: '2026-11-24', signwave: '0.1.0' },
  rounds: 7,
  engines: [
    { id: 'signwave', title: 'signwave', version: '0.1.0' },
    { id: 'peer', title: 'Peer', version: '3' },
    { id: 'other', title: 'Other', version: '4' },
    { id: 'absent', title: 'Absent', missing: 'it is not there' },
  ],
  layers: [
    {
      title: 'A set',
      source: 'a paper',
      layers: [
        LAYER,
        {
          ...LAYER,
          shape: { ...LAYER.shape, groups: 2 },
          timings: [timing('signwave', 0.5), timing('other', 1)],
          callTimings: [timing('signwave', 0.75), timing('other', 1.5)],
          skipped: { peer: 'it has no groups' },
        },
      ],
    },
  ],
  networks: [
    {
      id: 'resnet20-cifar10',
      title: 'A network',
      macs: 40_000_000,
      fileBytes: 46_832,
      wasmBytes: 6_215,
      timings: [timing('signwave', 0.4), timing('peer', 4)],
      skipped: {},
      profile: [
        { name: 'a', kernel: 'convBits', isBinary: true, macs: 3e6, medianMs: 0.2 },
        { name: 'b', kernel: 'convBits', isBinary: true, macs: 3e6, medianMs: 0.1 },
        { name: 'c', kernel: 'avgPool', isBinary: false, macs: 0, medianMs: 0.1 },
      ],
      startups: [
        { engine: 'signwave', processes: 5, loadMs: 5, firstRunMs: 2, rssBytes: 2 ** 21, memoryBytes: 2 ** 20 },
        { engine: 'peer', processes: 5, loadMs: 100, firstRunMs: 30, rssBytes: 2 ** 26 },
      ],
    },
    {
      id: 'quicker',
      title: 'A network, `--stem i16`',
      outputChange: { of: 'resnet20-cifar10', images: 40, otherFirstClass: 3, largestShift: 0.052 },
      macs: 40_000_000,
      fileBytes: 46_832,
      wasmBytes: 6_215,
      timings: [timing('signwave', 0.3), timing('peer', 4)],
      skipped: {},
      profile: [{ name: 'a', kernel: 'convBits', isBinary: true, macs: 3e6, medianMs: 0.2 }],
      startups: [{ engine: 'peer', processes: 5, loadMs: 90, firstRunMs: 30, rssBytes: 2 ** 26 }],
    },
  ],
  scaling: {
    channels: [
      { at: 16, macs: 1e6, medianMs: 0.1 },
      { at: 32, macs: 4e6, medianMs: 0.3 },
    ],
    mapSize: [],
    batch: [],
  },
  ablations: [
    { id: 'no-x', title: 'no X', subject: 'A network', defaultMs: 2, changedMs: 5 },
    { id: 'no-x', title: 'no X', subject: 'A network, `--stem i16`', defaultMs: 2, changedMs: 7 },
  ],
};

describe('tables', () => {
  test('say of layers how many times as long other engines take, by themselves and in whole calls; a cell is empty where one can not', () => {
    expect(layerTable(BENCH, BENCH.layers[0]!).split('\n')).toEqual([
      '| layer | kernel | ms | spread | GMAC/s | whole call, ms | Peer: layer (whole call) | Other: layer (whole call) |',
      '|---|---:|---:|---:|---:|---:|---:|---:|',
      '| 64, 56 x 56, 3 x 3 | convBits | 0.500 | 3.4 % | 257.4 | 0.750 | 12.0x (10.0x) | 0.5x (0.5x) |',
      '| 64, 56 x 56, 3 x 3, 2 groups | convBits | 0.500 | 3.4 % | 257.4 | 0.750 | - | 2.0x (2.0x) |',
    ]);
  });

  test('leave engines out that measured nothing', () => {
    expect(networkTable(BENCH).split('\n')[0]).toBe('| network, batch 1 | ms | spread | GMAC/s | Peer |');
  });

  test('add up the steps of a profile by kernel, the longest first', () => {
    expect(profileTable(BENCH.networks[0]!).split('\n').slice(2)).toEqual([
      '| convBits, binary | 2 | 0.300 | 75.0 % | 20.0 |',
      '| avgPool | 1 | 0.100 | 25.0 % | - |',
    ]);
  });

  test('have sizes of files for signwave alone', () => {
    expect(startupTable(BENCH).split('\n').slice(2)).toEqual([
      '| A network | signwave | 5.00 | 2.00 | 46,832 | 6,215 | 2.0 | 1.0 |',
      '| A network | Peer | 100 | 30.0 | - | - | 64.0 | - |',
      '| A network, `--stem i16` (first class changed on 3 of 40 images) | Peer | 90.0 | 30.0 | - | - | 64.0 | - |',
    ]);
  });

  test('name machine, engines and versions', () => {
    expect(machineLine(BENCH)).toBe(
      'Medians of 7 interleaved rounds in one process, outputs checked first: A CPU, 2 cores, one thread, Node 20.0.0 (V8 11.3), 2026-11-24; signwave 0.1.0, Peer 3, Other 4.',
    );
  });

  test('say where it stands what a network whose outputs are changed gives', () => {
    expect(networkTable(BENCH)).toContain(
      '| A network, `--stem i16` (first class changed on 3 of 40 images) | 0.300 |',
    );
    expect(changedOutputs(BENCH)).toEqual([
      'A network, `--stem i16`, is not a faster way to the same result: its outputs differ from those of A network. The first class changed on 3 of 40 images (7.5 %), and logits differ by up to 5.2 % of the range of their image’s logits.',
    ]);
  });

  test.each([
    [-0.001, '0'],
    [0.00123, '0.0012'],
    [0.0123, '0.0123'],
    [0.123, '0.123'],
    [1.234, '1.23'],
    [12.34, '12.3'],
    [123.4, '123'],
    [1234, '1230'],
  ])('write %d ms as %s', (ms, text) => {
    expect(milliseconds(ms)).toBe(text);
  });
});

describe('docs/performance.md', () => {
  const text = performanceDocument(BENCH);

  test('says what is missing, and why', () => {
    expect(text).toContain('Not measured: Absent: it is not there.');
    expect(text).toContain('Empty cells: Peer: it has no groups.');
  });

  test('sets time beside work where something grows', () => {
    expect(text).toContain('| 32 | 0.300 | 3.00x | 4.00x | 13.3 |');
  });

  test('has a row for each part that was switched off', () => {
    expect(text).toContain('| no X | A network | 2.00 | 5.00 | 2.50x |');
  });

  test('names the changed outputs of a network wherever it names the network with a time', () => {
    const lines = text.split('\n').filter((line) => line.includes('--stem i16`'));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(line).toMatch(/first class changed on 3 of 40 images/);
  });

  test('has networks before layers', () => {
    expect(text.indexOf('## Networks')).toBeLessThan(text.indexOf('## Layers'));
  });

  test('compares with the cited limit only layers that it is known for', () => {
    expect(text).toContain('| 64, 56 x 56, 3 x 3 | 257.4 | 1287 | 20.0 % |');
    expect(text).not.toMatch(/2 groups \| 257\.4 \| 1287/);
  });
});

describe('README.md', () => {
  const readme =
    'before\n<!-- results: written by scripts/bench.mjs --write, do not edit -->\nold\n<!-- /results -->\nafter\n';

  test('gets new results between its markers, and nothing else changes', () => {
    const text = withResults(readme, { bench: BENCH });
    expect(text).toMatch(/^before\n<!-- results/);
    expect(text).toMatch(/<!-- \/results -->\nafter\n$/);
    expect(text).not.toContain('old');
    expect(text).toContain('| Peer 3 | 4.00 ms, 10.0x as long |');
    expect(text.indexOf('| A network | 0.400 |')).toBeLessThan(text.indexOf('| 64, 56 x 56, 3 x 3 |'));
    expect(withResults(text, { bench: BENCH })).toBe(text);
  });

  test('is refused without markers', () => {
    expect(() => withResults('nothing', { bench: BENCH })).toThrow('no results markers');
  });
});

test('the chart has a bar for each ratio of networks, layers and whole calls, the same for the same results', async () => {
  const svg = await layerChart(BENCH);
  for (const ratio of ['12x', '0.5x', '2x', '10x']) expect(svg).toContain(`>${ratio}<`);
  expect(await layerChart(BENCH)).toBe(svg);
});

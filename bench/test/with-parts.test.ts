import { describe, expect, test } from 'vitest';
import type { Bench, NetworkResult } from '../src/results.js';
import { requireSameConditions, withParts } from '../src/with-parts.js';

const MACHINE = { cpu: 'A CPU', cores: 2, node: '20.0.0', v8: '11.3', date: '2026-11-24', signwave: '0.1.0' };
const network = (id: string, wasmBytes: number): NetworkResult => ({
  id,
  title: id,
  macs: 1,
  fileBytes: 1,
  wasmBytes,
  timings: [],
  skipped: {},
  profile: [],
  startups: [],
});
const ablation = (subject: string, changedMs: number) => ({ id: 'x', title: 'x', subject, defaultMs: 1, changedMs });
const BEFORE: Bench = {
  machine: MACHINE,
  rounds: 15,
  engines: [
    { id: 'signwave', title: 'signwave', version: '0.1.0' },
    { id: 'larq', title: 'larq', missing: 'no Python' },
  ],
  layers: [{ title: 'a set', source: '', layers: [] }],
  networks: [network('a', 1), network('b', 2)],
  scaling: { channels: [], mapSize: [], batch: [{ at: 1, macs: 1, medianMs: 1 }] },
  ablations: [ablation('a', 2), ablation('b', 3)],
};
const NOW = { machine: { ...MACHINE, date: '2026-11-28' }, rounds: 15, engines: [BEFORE.engines[0]!] };

describe('a part that is measured anew', () => {
  test('takes the place of the old one, and all else stays', () => {
    const larq = { id: 'larq', title: 'larq', version: '0.16.0' };
    const now = { ...NOW, engines: [...NOW.engines, larq], networks: [network('b', 5)], ablations: [ablation('a', 7)] };
    const both = withParts(BEFORE, now);
    expect(both).toEqual({
      ...BEFORE,
      machine: NOW.machine,
      engines: [BEFORE.engines[0], larq],
      networks: [network('a', 1), network('b', 5)],
      ablations: [ablation('a', 7), ablation('b', 3)],
    });
  });

  test('of a new network and a new engine comes last', () => {
    const other = { id: 'other', title: 'Other', version: '1' };
    const both = withParts(BEFORE, { ...NOW, engines: [other], networks: [network('c', 3)] });
    expect(both.networks.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(both.engines.map(({ id }) => id)).toEqual(['signwave', 'larq', 'other']);
  });

  test('is not published beside what was measured on another machine, by another Node or in other rounds', () => {
    const on = (facts: object) => ({ ...NOW, machine: { ...NOW.machine, ...facts } });
    const kept = { path: 'bench/results.json', advice: 'Measure everything' };
    expect(() => requireSameConditions(BEFORE, on({ cpu: 'Another' }), kept)).toThrow(
      /CPU of bench\/results.json: A CPU, here: Another/,
    );
    expect(() => requireSameConditions(BEFORE, on({ node: '22.0.0' }), kept)).toThrow(/Measure everything/);
    expect(() => requireSameConditions(BEFORE, { ...NOW, rounds: 3 }, kept)).toThrow(
      /rounds of bench\/results.json: 15, here: 3/,
    );
    requireSameConditions(BEFORE, NOW, kept);
  });
});

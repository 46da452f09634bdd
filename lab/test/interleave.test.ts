import { describe, expect, test } from 'vitest';
import { type Contestant, timeInterleaved } from '../src/interleave.js';

/** Contestants that move a clock of their own instead of taking time. */
function stage() {
  let clock = 0;
  const log: string[] = [];
  const contestant = (name: string, durations: () => number): Contestant => ({
    name,
    run: () => {
      log.push(name);
      clock += durations();
    },
  });
  return { log, contestant, now: () => clock };
}

describe('timeInterleaved', () => {
  test('reports the time of one run, where quick work is repeated within a sample', async () => {
    const { contestant, now } = stage();
    const [quick, slow] = await timeInterleaved([contestant('quick', () => 0.5), contestant('slow', () => 100)], {
      rounds: 5,
      minMs: 20,
      now,
    });
    expect(quick).toMatchObject({ name: 'quick', medianMs: 0.5, minMs: 0.5, p95Ms: 0.5, spread: 0 });
    expect(quick!.runsPerSample).toBeGreaterThanOrEqual(40);
    expect(slow).toMatchObject({ name: 'slow', medianMs: 100, runsPerSample: 1 });
  });

  test('warms up, then runs everybody in every round, every other one backwards', async () => {
    const { contestant, log, now } = stage();
    await timeInterleaved([contestant('a', () => 30), contestant('b', () => 30)], { rounds: 3, minMs: 20, now });
    expect(log.join('')).toBe('aabb' + 'ab' + 'ba' + 'ab');
  });

  test('warms up for as long as it is told to', async () => {
    const { contestant, log, now } = stage();
    await timeInterleaved([contestant('a', () => 30)], { rounds: 1, minMs: 20, warmUpMs: 140, now });
    expect(log.join('')).toBe('aaaaa' + 'a');
  });

  test('gives median, least, 95th percentile and spread of the samples', async () => {
    const { contestant, now } = stage();
    // Two samples of warm-up, then 20 rounds of 10, 20, ..., 200 in a scrambled order.
    const durations = [10, 10, ...Array.from({ length: 20 }, (_, i) => (((i * 7) % 20) + 1) * 10)];
    let at = 0;
    const [timing] = await timeInterleaved([contestant('a', () => durations[at++]!)], { rounds: 20, minMs: 1, now });
    expect(timing).toEqual({
      name: 'a',
      medianMs: 105,
      minMs: 10,
      p95Ms: 190,
      spread: (152.5 - 57.5) / 105,
      runsPerSample: 1,
    });
  });

  test('takes the word of a contestant that times itself, for as many runs as fill a sample', async () => {
    let clock = 0;
    const asked: number[] = [];
    const selfTimed: Contestant = {
      name: 'self-timed',
      medianMs: async (runs) => {
        asked.push(runs);
        clock += runs * 4;
        return 3;
      },
    };
    const [timing] = await timeInterleaved([selfTimed], { rounds: 3, minMs: 20, now: () => clock });
    expect(timing).toMatchObject({ medianMs: 3, runsPerSample: 6 });
    expect(asked.slice(-3)).toEqual([6, 6, 6]);
  });

  test('lets what interrupts a run count for nothing: a sample is the median of its runs', async () => {
    const { contestant, now } = stage();
    let run = 0;
    const interrupted = contestant('a', () => (run++ % 5 === 4 ? 1000 : 1));
    const [timing] = await timeInterleaved([interrupted], { rounds: 4, minMs: 1500, now });
    expect(timing).toMatchObject({ medianMs: 1, minMs: 1, p95Ms: 1, spread: 0 });
  });

  test('waits for work that is asynchronous', async () => {
    const wait: Contestant = { name: 'wait', run: () => new Promise((resolve) => setTimeout(resolve, 5)) };
    const [timing] = await timeInterleaved([wait], { rounds: 3, minMs: 1 });
    expect(timing!.minMs).toBeGreaterThan(3);
  });

  test('passes on what a contestant throws', async () => {
    const broken: Contestant = { name: 'broken', run: () => Promise.reject(new Error('no such model')) };
    await expect(timeInterleaved([broken])).rejects.toThrow('no such model');
  });
});

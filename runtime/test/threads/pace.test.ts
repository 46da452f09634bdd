import { describe, expect, test } from 'vitest';
import { Pace } from '../../src/engine/threads/pace.js';

/** Counts how many of `runs` runs are shared, if runs take the given times. */
function sharedOf(
  pace: Pace,
  runs: number,
  sharedMs: (run: number) => number,
  aloneMs: (run: number) => number,
): number {
  let shared = 0;
  for (let run = 0; run < runs; run++) {
    if (pace.isShared) shared++;
    pace.note(pace.isShared ? sharedMs(run) : aloneMs(run));
  }
  return shared;
}

describe('runs are shared', () => {
  test('at first, and nearly always where that is faster', () => {
    const pace = new Pace();
    expect(
      sharedOf(
        pace,
        4,
        () => 1,
        () => 2,
      ),
    ).toBe(4);
    expect(
      sharedOf(
        pace,
        1000,
        () => 1,
        () => 2,
      ),
    ).toBeGreaterThan(950);
  });

  test('now and then where that is slower, so that better times are noticed', () => {
    const pace = new Pace();
    sharedOf(
      pace,
      8,
      () => 2,
      () => 1,
    );
    const shared = sharedOf(
      pace,
      1000,
      () => 2,
      () => 1,
    );
    expect(shared).toBeGreaterThan(0);
    expect(shared).toBeLessThan(50);
    expect(
      sharedOf(
        pace,
        1000,
        () => 0.5,
        () => 1,
      ),
    ).toBeGreaterThan(700);
  });

  test('all the same where one run in a few is disturbed', () => {
    const pace = new Pace();
    expect(
      sharedOf(
        pace,
        1000,
        (run) => (run % 3 === 0 ? 50 : 1),
        () => 1.5,
      ),
    ).toBeGreaterThan(950);
  });

  test('as before where both ways take about as long', () => {
    expect(
      sharedOf(
        new Pace(),
        1000,
        () => 1,
        () => 0.97,
      ),
    ).toBeGreaterThan(950);
  });
});

import { describe, expect, test } from 'vitest';
import type { StepProgress } from '../../src/run/loop.js';
import { duration, ProgressBar } from '../../src/run/progress-bar.js';

const done: StepProgress = {
  stage: '1',
  epoch: 0,
  epochs: 2,
  batch: 5,
  batches: 10,
  loss: 1.25,
  images: 100,
  step: 5,
  steps: 20,
};

describe('the progress bar', () => {
  test('tells where it is, how fast, and how long it takes', () => {
    const written: string[] = [];
    let nowMs = 0;
    const bar = new ProgressBar({ isTTY: true, write: (text) => written.push(text) }, () => nowMs);
    nowMs = 500;
    bar.update(done);
    expect(written.join('')).toContain(
      'stage 1, epoch 1/2 [==========          ] 5/10, loss 1.250, 200 images/s, 8 s left',
    );
    nowMs = 600;
    bar.update({ ...done, batch: 6, step: 6 });
    expect(written).toHaveLength(1);
    bar.clear();
    expect(written).toHaveLength(2);
  });

  test('is never drawn where there is no terminal', () => {
    const written: string[] = [];
    const bar = new ProgressBar({ write: (text) => written.push(text) });
    bar.update({ ...done, batch: 10 });
    bar.clear();
    expect(written).toEqual([]);
  });

  test.each([
    [0, '0 s'],
    [99, '99 s'],
    [100, '2 min'],
    [3600, '60 min'],
    [11_100, '3 h 05 min'],
  ])('writes %i seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

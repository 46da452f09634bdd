import { describe, expect, test } from 'vitest';
import { Confusion } from '../src/confusion.js';

describe('Confusion', () => {
  test('counts by true class and then by predicted class, and tells the most frequent mistakes first', () => {
    const confusion = new Confusion(3);
    for (const [label, predicted] of [
      [0, 0],
      [2, 1],
      [1, 0],
      [2, 1],
      [2, 2],
      [0, 2],
    ] as const)
      confusion.add(label, predicted);
    expect(confusion.matrix()).toEqual([
      [1, 0, 1],
      [1, 0, 0],
      [0, 2, 1],
    ]);
    expect(confusion.mistakes()).toEqual([
      { label: 2, predicted: 1, images: 2 },
      { label: 0, predicted: 2, images: 1 },
      { label: 1, predicted: 0, images: 1 },
    ]);
  });

  test('makes no matrix of tens of thousands of classes, and counts all the same', () => {
    const confusion = new Confusion(100_000);
    confusion.add(99_999, 99_998);
    expect(confusion.matrix()).toBeUndefined();
    expect(confusion.mistakes()).toEqual([{ label: 99_999, predicted: 99_998, images: 1 }]);
  });
});
